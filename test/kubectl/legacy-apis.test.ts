// The topics of legacy-apis/, against a cluster that still serves the retired versions.
import { transcripts } from './suite.ts'

transcripts('test/kubectl/legacy-apis', { nodes: 1, flags: ['--legacy-apis'] })
