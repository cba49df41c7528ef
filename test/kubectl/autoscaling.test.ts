// The topics of autoscaling/, against a cluster whose autoscaler looks every second and waits five before it scales down.
import { transcripts } from './suite.ts'

const flags = ['sync-period=1s', 'downscale-stabilization=5s', 'cpu-initialization-period=0s']
transcripts('test/kubectl/autoscaling', { nodes: 1, flags: flags.map((flag) => `--horizontal-pod-autoscaler-${flag}`) })
