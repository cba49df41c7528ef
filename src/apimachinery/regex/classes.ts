// Named classes of characters in RE2: Perl's, POSIX's and Unicode's.

/** One character: does its code point belong? */
export type CharTest = (codePoint: number) => boolean

function matching(pattern: RegExp): CharTest {
  return (code) => pattern.test(String.fromCodePoint(code))
}

/** `\d`, `\s`, `\w` and their negations. */
export function perlClass(letter: string): CharTest {
  const test = { d: matching(/[0-9]/), s: matching(/[\t\n\f\r ]/), w: isWord }[letter.toLowerCase()] as CharTest
  return letter === letter.toLowerCase() ? test : (code) => !test(code)
}

/** RE2's \w: ASCII only. */
export function isWord(code: number): boolean {
  return (code >= 48 && code <= 57) || (code >= 65 && code <= 90) || code === 95 || (code >= 97 && code <= 122)
}

/** `\p{name}`: a general category or a script; undefined when there is none of that name. */
export function unicodeClass(name: string): CharTest | undefined {
  if (name === 'Any') return () => true
  for (const property of [name, `Script=${name}`]) {
    try {
      return matching(new RegExp(`\\p{${property}}`, 'u'))
    } catch {}
  }
  return undefined
}

/** `[:name:]`: ASCII only. */
export const posixClasses: Readonly<Record<string, CharTest>> = {
  alnum: matching(/[0-9A-Za-z]/),
  alpha: matching(/[A-Za-z]/),
  ascii: (code) => code < 128,
  blank: matching(/[\t ]/),
  cntrl: (code) => code < 32 || code === 127,
  digit: matching(/[0-9]/),
  graph: (code) => code > 32 && code < 127,
  lower: matching(/[a-z]/),
  print: (code) => code >= 32 && code < 127,
  punct: matching(/[!-/:-@[-`{-~]/),
  space: matching(/[\t\n\v\f\r ]/),
  upper: matching(/[A-Z]/),
  word: isWord,
  xdigit: matching(/[0-9A-Fa-f]/),
}
