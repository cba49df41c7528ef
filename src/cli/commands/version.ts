// k8ts version
import { versionInfo } from '../../apiserver/version.ts'
import { defineCommand } from '../command.ts'

export const command = defineCommand({
  name: 'version',
  summary: 'Print the version',
  flags: {},
  async run(_values, terminal) {
    terminal.print(`k8ts ${versionInfo().gitVersion}`)
  },
})
