// KubeSchedulerConfiguration (kubescheduler.config.k8s.io/v1): the file behind --config, checked, as profiles and options.
import { z } from 'zod'
import { fieldErrorText } from '../apimachinery/api-error.ts'
import { parseDurationMs } from '../apimachinery/duration.ts'
import { configurationErrors, type PluginSet } from './configuration-rules.ts'
import type { Profile } from './cycle.ts'
import { extenderSchema, type GivenExtender, orderedExtenders } from './extender-configuration.ts'
import { pluginArgs } from './plugin-args.ts'
import { plugins as allPlugins } from './plugins/index.ts'
import { type ExtensionPoint, type PluginChoice, profileOf } from './profile.ts'

const plugin = z.strictObject({ name: z.string(), weight: z.int().optional() })
const pluginSet = z.strictObject({ enabled: z.array(plugin).default([]), disabled: z.array(plugin).default([]) })

/** Points that decide something here; the others are accepted for the plugins that must be there anyway. */
const ownPoints = ['preEnqueue', 'preFilter', 'filter', 'postFilter', 'score', 'reserve'] as const satisfies readonly ExtensionPoint[]
const otherPoints = ['queueSort', 'preScore', 'permit', 'preBind', 'bind', 'postBind'] as const

const pluginsShape = Object.fromEntries(
  ['multiPoint', ...ownPoints, ...otherPoints].map((point) => [point, pluginSet.optional()]),
) as Record<'multiPoint' | (typeof ownPoints)[number] | (typeof otherPoints)[number], z.ZodOptional<typeof pluginSet>>

const percentage = z.int()
const profile = z.strictObject({
  schedulerName: z.string().default('default-scheduler'),
  percentageOfNodesToScore: percentage.optional(),
  plugins: z.strictObject(pluginsShape).default({}),
  pluginConfig: z.array(z.strictObject({ name: z.string(), args: z.record(z.string(), z.unknown()).default({}) })).default([]),
})

const duration = z.string().refine(isDuration, { error: ({ input }) => `time: invalid duration ${JSON.stringify(input)}` })
const configuration = z.strictObject({
  apiVersion: z.literal('kubescheduler.config.k8s.io/v1', { error: 'no kind "KubeSchedulerConfiguration" is registered for this version' }),
  kind: z.literal('KubeSchedulerConfiguration'),
  clientConnection: z
    .strictObject({
      kubeconfig: z.string().optional(),
      acceptContentTypes: z.string().optional(),
      contentType: z.string().optional(),
      qps: z.number().optional(),
      burst: z.int().optional(),
    })
    .default({}),
  leaderElection: z
    .strictObject({
      leaderElect: z.boolean().optional(),
      leaseDuration: duration.optional(),
      renewDeadline: duration.optional(),
      retryPeriod: duration.optional(),
      resourceLock: z.string().optional(),
      resourceName: z.string().optional(),
      resourceNamespace: z.string().optional(),
    })
    .default({}),
  parallelism: z.int().default(16),
  percentageOfNodesToScore: percentage.optional(),
  podInitialBackoffSeconds: z.int().default(1),
  podMaxBackoffSeconds: z.int().default(10),
  profiles: z.array(profile).optional(),
  extenders: z.array(extenderSchema(duration)).default([]),
  enableProfiling: z.boolean().optional(),
  enableContentionProfiling: z.boolean().optional(),
  delayCacheUntilActive: z.boolean().optional(),
})

/** What the file says, as far as it concerns the scheduler. */
export interface SchedulerConfiguration {
  profiles: readonly Profile[]
  podInitialBackoffMs: number
  podMaxBackoffMs: number
  leaderElection: z.output<typeof configuration>['leaderElection']
  /** In the order in which they are asked. */
  extenders: readonly GivenExtender[]
  /** File named by clientConnection, or ''. */
  kubeconfig: string
}

/** Reads the parsed YAML of a configuration file. @throws Error with every problem and its path */
export function readConfiguration(value: unknown): SchedulerConfiguration {
  const parsed = configuration.safeParse(value)
  if (!parsed.success)
    throw new Error(parsed.error.issues.map(({ path, message }) => `${path.join('.') || '<root>'}: ${message}`).join('; '))
  const { profiles: named = [], percentageOfNodesToScore, podInitialBackoffSeconds, podMaxBackoffSeconds } = parsed.data
  // no profile is one with every default
  const profiles = (named.length === 0 ? [profile.parse({})] : named).map(withArgs)
  const errors = configurationErrors({ ...parsed.data, leaderElection: withDefaults(parsed.data.leaderElection), profiles })
  const texts = [...new Set(errors.map(fieldErrorText))]
  if (texts.length > 0) throw new Error(texts.length === 1 ? texts[0] : `[${texts.join(', ')}]`)
  const extenders = orderedExtenders(parsed.data.extenders)
  const ignored = extenders.flatMap(({ managedResources }) =>
    managedResources.filter((each) => each.ignoredByScheduler).map(({ name }) => name),
  )
  return {
    profiles: profiles.map((given) => readProfile(given, percentageOfNodesToScore ?? 0, ignored)),
    extenders,
    podInitialBackoffMs: podInitialBackoffSeconds * 1000,
    podMaxBackoffMs: podMaxBackoffSeconds * 1000,
    leaderElection: parsed.data.leaderElection,
    kubeconfig: parsed.data.clientConnection.kubeconfig ?? '',
  }
}

/** Upstream's defaults, for the rules; flags may say otherwise of what the file leaves out. */
function withDefaults(given: z.output<typeof configuration>['leaderElection']) {
  return {
    leaderElect: given.leaderElect ?? true,
    leaseDurationMs: parseDurationMs(given.leaseDuration ?? '15s'),
    renewDeadlineMs: parseDurationMs(given.renewDeadline ?? '10s'),
    retryPeriodMs: parseDurationMs(given.retryPeriod ?? '2s'),
    resourceLock: given.resourceLock ?? 'leases',
    resourceName: given.resourceName ?? 'kube-scheduler',
    resourceNamespace: given.resourceNamespace ?? 'kube-system',
  }
}

function isDuration(text: string): boolean {
  try {
    parseDurationMs(text)
    return true
  } catch {
    return false
  }
}

type GivenProfile = z.output<typeof profile>

/** Plugins without which no scheduler runs; they may be named, not replaced. */
const builtIn = new Set(['PrioritySort', 'DefaultBinder'])

function readProfile(
  { schedulerName, plugins, pluginConfig, percentageOfNodesToScore }: GivenProfile,
  percentage: number,
  ignoredResources: readonly string[],
): Profile {
  const args = new Map(pluginConfig.map(({ name, args }) => [name, args]))
  if (ignoredResources.length > 0) args.set('NodeResourcesFit', { ...args.get('NodeResourcesFit'), ignoredResources })
  for (const { name } of pluginConfig) mustExist(name)
  for (const set of Object.values(plugins)) for (const { name } of [...(set?.enabled ?? []), ...(set?.disabled ?? [])]) mustExist(name)
  const inGeneral = plugins.multiPoint ?? none
  needBuiltIn(schedulerName, plugins)
  const choices: PluginChoice[] = []
  for (const entry of allPlugins) {
    const everywhere = isOn(entry.name, inGeneral, true)
    const without = new Set(ownPoints.filter((point) => !isOn(entry.name, plugins[point] ?? none, everywhere)))
    if (without.size === ownPoints.length) continue
    const weight = weightOf(plugins.score, entry.name) ?? weightOf(inGeneral, entry.name) ?? entry.weight
    choices.push({ plugin: entry.create(args.get(entry.name)), weight, without })
  }
  const orders = Object.fromEntries(ownPoints.map((point) => [point, orderAt(plugins[point] ?? none, inGeneral)]))
  const bindTimeoutSeconds = (args.get('VolumeBinding') as { bindTimeoutSeconds?: number } | undefined)?.bindTimeoutSeconds
  return {
    ...profileOf(schedulerName, choices, percentageOfNodesToScore ?? percentage, orders),
    ...(bindTimeoutSeconds === undefined ? {} : { bindTimeoutMs: bindTimeoutSeconds * 1000 }),
  }
}

const none: PluginSet = { enabled: [], disabled: [] }

/** Enabling wins over disabling; `*` disables all that are not enabled by name. */
function isOn(name: string, { enabled, disabled }: PluginSet, before: boolean): boolean {
  if (enabled.some((each) => each.name === name)) return true
  return before && !disabled.some((each) => each.name === name || each.name === '*')
}

/** Plugins enabled at the point go first, in that order; then those of all points; then those that are on only here. */
function orderAt(set: PluginSet, inGeneral: PluginSet): string[] {
  const emptied = inGeneral.disabled.some(({ name }) => name === '*')
  const usual = emptied ? inGeneral.enabled.map(({ name }) => name) : allPlugins.map(({ name }) => name)
  const everywhere = usual.filter((name) => isOn(name, inGeneral, true))
  const here = set.enabled.map(({ name }) => name)
  return [...new Set([...here.filter((name) => everywhere.includes(name)), ...everywhere, ...here])]
}

/** Only one plugin sorts the queue and only one binds here: a profile must not be without them. */
function needBuiltIn(schedulerName: string, plugins: GivenProfile['plugins']): void {
  const isOff = (name: string, point: 'queueSort' | 'bind') =>
    !isOn(name, plugins[point] ?? none, isOn(name, plugins.multiPoint ?? none, true))
  const failed = (text: string) => new Error(`initializing profiles: creating profile for scheduler name ${schedulerName}: ${text}`)
  const named = `profile with scheduler name ${JSON.stringify(schedulerName)}`
  if (isOff('PrioritySort', 'queueSort')) throw failed(`one queue sort plugin required for ${named}, but got 0`)
  if (isOff('DefaultBinder', 'bind')) throw failed(`at least one bind plugin is needed for ${named}`)
}

/** A weight of 0 means "as usual". */
function weightOf(set: PluginSet | undefined, name: string): number | undefined {
  return set?.enabled.find((each) => each.name === name)?.weight || undefined
}

function mustExist(name: string): void {
  if (name === '*' || builtIn.has(name) || allPlugins.some((entry) => entry.name === name)) return
  throw new Error(`plugins: ${JSON.stringify(name)} does not exist`)
}

/** Arguments with their defaults. @throws Error for such as do not have the shape */
function withArgs(given: GivenProfile, i: number): GivenProfile {
  const pluginConfig = given.pluginConfig.map(({ name, args }, j) => {
    const parsed = Object.hasOwn(pluginArgs, name) ? pluginArgs[name]!.safeParse(args) : undefined
    if (parsed?.success === false) {
      const problems = parsed.error.issues.map(({ path, message }) => `${['args', ...path].join('.')}: ${message}`)
      throw new Error(`profiles[${i}].pluginConfig[${j}].${problems.join('; ')}`)
    }
    return { name, args: (parsed?.data ?? args) as Record<string, unknown> }
  })
  return { ...given, pluginConfig }
}
