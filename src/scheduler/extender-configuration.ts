// `extenders` of KubeSchedulerConfiguration: the services that take part in scheduling, and how they are reached.
// https://kubernetes.io/docs/reference/config-api/kube-scheduler-config.v1/#kubescheduler-config-k8s-io-v1-Extender
import { z } from 'zod'
import { qualifiedName } from '../apimachinery/names.ts'
import type { ExtenderConfiguration } from './extender.ts'

const base64 = z.string().transform((text) => Buffer.from(text, 'base64').toString())

const tlsConfig = z.strictObject({
  insecure: z.boolean().default(false),
  serverName: z.string().default(''),
  certFile: z.string().default(''),
  keyFile: z.string().default(''),
  caFile: z.string().default(''),
  certData: base64.default(''),
  keyData: base64.default(''),
  caData: base64.default(''),
})

/** Names such as example.com/gpu; what belongs to Kubernetes is not an extended resource. */
const isExtendedResource = (name: string): boolean =>
  name.includes('/') &&
  !/(^|\.)kubernetes\.io\//.test(name) &&
  !name.startsWith('requests.') &&
  qualifiedName(`requests.${name}`).length === 0

const managedResource = z.strictObject({
  name: z.string().superRefine((name, context) => {
    for (const message of qualifiedName(name)) context.addIssue({ code: 'custom', message })
    if (context.issues.length === 0 && !isExtendedResource(name))
      context.addIssue({ code: 'custom', message: 'is an invalid extended resource name' })
  }),
  ignoredByScheduler: z.boolean().default(false),
})

/** Schema of one extender; `duration` reads Go's durations. */
export const extenderSchema = (duration: z.ZodString) =>
  z
    .strictObject({
      urlPrefix: z.string(),
      filterVerb: z.string().default(''),
      preemptVerb: z.string().default(''),
      prioritizeVerb: z.string().default(''),
      bindVerb: z.string().default(''),
      weight: z.int().default(0),
      enableHTTPS: z.boolean().default(false),
      tlsConfig: tlsConfig.optional(),
      httpTimeout: duration.optional(),
      nodeCacheCapable: z.boolean().default(false),
      managedResources: z.array(managedResource).default([]),
      ignorable: z.boolean().default(false),
    })
    .refine(({ prioritizeVerb, weight }) => prioritizeVerb === '' || weight > 0, {
      path: ['weight'],
      error: 'must have a positive weight applied to it',
    })

/** How an extender is reached: an absent timeout is 5 s. */
export interface ExtenderAccess {
  enableHTTPS: boolean
  httpTimeout?: string | undefined
  tlsConfig?: z.output<typeof tlsConfig> | undefined
}

/** One extender as the file has it. */
export type GivenExtender = ExtenderConfiguration & ExtenderAccess

/** Rules that concern all of them; those that may be ignored are asked last. @throws Error with upstream's words */
export function checkExtenders(extenders: readonly GivenExtender[]): GivenExtender[] {
  const names = extenders.flatMap(({ managedResources }) => managedResources.map(({ name }) => name))
  const twice = names.find((name, i) => names.indexOf(name) !== i)
  if (twice !== undefined) throw new Error(`extenders: ${JSON.stringify(twice)}: duplicate extender managed resource name`)
  const binders = extenders.filter(({ bindVerb }) => bindVerb !== '').length
  if (binders > 1) throw new Error(`extenders: found ${binders} extenders implementing bind: only one extender can implement bind`)
  return [...extenders.filter(({ ignorable }) => !ignorable), ...extenders.filter(({ ignorable }) => ignorable)]
}
