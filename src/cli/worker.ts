// How a worker command runs its component: connect, wait for the server, run until the signal, close.
import type { Component } from '../component.ts'
import type { Terminal } from './command.ts'
import { connect } from './connect.ts'
import { serverReady } from './server-ready.ts'

/** `name` is the user agent's first part and the default field manager, e.g. kube-scheduler. */
export async function runWorker<O>(
  name: string,
  access: { kubeconfig: string; master?: string },
  component: Component<O>,
  options: O,
  terminal: Terminal,
): Promise<void> {
  const { clock, random, log, signal } = terminal
  const connection = connect(name, access, clock)
  try {
    await serverReady(connection.client, clock, signal)
    await component(options, { client: connection.client, clock, random, log, signal, ready: terminal.ready })
  } catch (error) {
    if (!signal.aborted) throw error
  } finally {
    await connection.close()
  }
}
