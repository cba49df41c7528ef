// `extenders` of KubeSchedulerConfiguration: the services that take part in scheduling, and how they are reached.
// https://kubernetes.io/docs/reference/config-api/kube-scheduler-config.v1/#kubescheduler-config-k8s-io-v1-Extender
import { z } from 'zod'
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

const managedResource = z.strictObject({ name: z.string(), ignoredByScheduler: z.boolean().default(false) })

/** Schema of one extender; `duration` reads Go's durations. */
export const extenderSchema = (duration: z.ZodType<string>) =>
  z.strictObject({
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

/** How an extender is reached: an absent timeout is 5 s. */
export interface ExtenderAccess {
  enableHTTPS: boolean
  httpTimeout?: string | undefined
  tlsConfig?: z.output<typeof tlsConfig> | undefined
}

/** One extender as the file has it. */
export type GivenExtender = ExtenderConfiguration & ExtenderAccess

/** Those that may be ignored are asked last. */
export function orderedExtenders(extenders: readonly GivenExtender[]): GivenExtender[] {
  return [...extenders.filter(({ ignorable }) => !ignorable), ...extenders.filter(({ ignorable }) => ignorable)]
}
