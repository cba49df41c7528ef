// Tells in each FlowSchema's status whether its priority level exists (`kubectl get flowschemas`, column MISSINGPL).
import type { FlowSchemaCondition, FlowSchema as FlowSchemaObject } from '../../../openapi/types/flowcontrol/v1.ts'
import { FlowSchema } from '../../api/flowcontrol/flowschema.ts'
import { timestamp } from '../../apimachinery/clock.ts'
import type { Kind } from '../../apimachinery/kind.ts'
import type { KubeObject } from '../../apimachinery/meta.ts'
import { draft } from '../../apimachinery/meta.ts'
import type { ServerContext } from '../context.ts'
import { updateObject } from '../store.ts'
import { statusStrategy } from '../strategy.ts'

const kind = FlowSchema as unknown as Kind

/** The condition that a schema should have; undefined when it has it. Pure. */
export function danglingCondition(schema: FlowSchemaObject, levels: ReadonlySet<string>, now: number): FlowSchemaCondition | undefined {
  const level = schema.spec?.priorityLevelConfiguration?.name ?? ''
  const found = levels.has(level)
  const about = `This FlowSchema references the PriorityLevelConfiguration object named ${JSON.stringify(level)}`
  const wanted = {
    type: 'Dangling',
    status: found ? 'False' : 'True',
    reason: found ? 'Found' : 'NotFound',
    message: `${about} ${found ? 'and it exists' : 'but there is no such object'}`,
  }
  const present = schema.status?.conditions?.find(({ type }) => type === 'Dangling')
  if (present?.status === wanted.status && present.reason === wanted.reason && present.message === wanted.message) return undefined
  return { ...wanted, lastTransitionTime: timestamp(now) }
}

/** Writes the conditions that differ. What fails is tried again at the next change; never rejects. */
export async function writeDangling(
  server: ServerContext,
  schemas: readonly FlowSchemaObject[],
  levels: ReadonlySet<string>,
): Promise<void> {
  for (const schema of schemas) {
    const condition = danglingCondition(schema, levels, server.clock.now())
    if (condition === undefined) continue
    if (server.signal.aborted) return
    try {
      await updateObject(statusWrite(server, schema.metadata?.name ?? ''), (current) => withCondition(current!, condition), {
        strategy: statusStrategy(kind),
      })
    } catch (error) {
      if (!server.signal.aborted)
        server.log.warn({ err: error, flowSchema: schema.metadata?.name }, 'Cannot write the status of a FlowSchema')
    }
  }
}

function withCondition(current: KubeObject, condition: FlowSchemaCondition): KubeObject {
  const schema = draft(current) as FlowSchemaObject
  const others = (schema.status?.conditions ?? []).filter(({ type }) => type !== condition.type)
  return { ...schema, status: { ...schema.status, conditions: [...others, condition] } } as KubeObject
}

function statusWrite(server: ServerContext, name: string) {
  return {
    server,
    resolved: { kind, group: kind.group, version: kind.version },
    namespace: undefined,
    name,
    user: { name: 'system:apiserver', groups: ['system:masters', 'system:authenticated'] },
    subresource: 'status',
    dryRun: false,
    fieldManager: 'api-priority-and-fairness-config-consumer-v1',
    warnings: [],
    signal: server.signal,
  }
}
