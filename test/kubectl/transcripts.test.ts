// The topics of this folder, against a cluster as `k8ts up` starts it.
import { transcripts } from './suite.ts'

transcripts('test/kubectl')
