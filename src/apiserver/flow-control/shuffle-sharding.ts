// Deals each flow a hand of queues, so that one noisy flow can crowd out few others. Pure. Rule: k8s.io/apiserver/pkg/util/shufflesharding.

/** `handSize` different cards of [0, deckSize), fixed by the 64 bits of `hash`. */
export function dealHand(hash: bigint, deckSize: number, handSize: number): number[] {
  const remainders: number[] = []
  let left = hash
  for (let i = 0; i < handSize; i++) {
    const size = BigInt(deckSize - i)
    remainders.push(Number(left % size))
    left /= size
  }
  return remainders.map((remainder, i) => {
    let card = remainder
    for (let j = i; j > 0; j--) if (card >= remainders[j - 1]!) card++
    return card
  })
}
