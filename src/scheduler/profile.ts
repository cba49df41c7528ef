// A profile: the plugins that serve one schedulerName. Without a configuration file there is one, with upstream's defaults.
import type { Profile } from './cycle.ts'
import type { Plugin } from './framework.ts'
import { plugins as allPlugins } from './plugins/index.ts'

/** The extension points at which plugins may be switched on and off. */
export type ExtensionPoint = 'preEnqueue' | 'preFilter' | 'filter' | 'postFilter' | 'score' | 'reserve'

export interface PluginChoice {
  plugin: Plugin
  weight: number
  /** Points at which it does not take part although it could. */
  without?: ReadonlySet<ExtensionPoint>
}

/** The profile of these plugins, asked in their order or, by point, in the order of these names. */
export function profileOf(
  schedulerName: string,
  choices: readonly PluginChoice[],
  percentageOfNodesToScore = 0,
  orders: Partial<Record<ExtensionPoint, readonly string[]>> = {},
): Profile {
  const at = (point: ExtensionPoint) => {
    const place = ({ plugin }: PluginChoice) => orders[point]?.indexOf(plugin.name) ?? 0
    return choices.filter(({ without }) => !without?.has(point)).sort((a, b) => place(a) - place(b))
  }
  return {
    schedulerName,
    preEnqueue: at('preEnqueue').flatMap(({ plugin }) => (plugin.preEnqueue === undefined ? [] : [plugin])),
    filter: at('filter').flatMap(({ plugin }) => (plugin.filter === undefined && plugin.prepare === undefined ? [] : [plugin])),
    postFilter: at('postFilter').flatMap(({ plugin }) => (plugin.postFilter === undefined ? [] : [plugin])),
    score: at('score').filter(({ plugin, weight }) => plugin.score !== undefined && weight > 0),
    reserve: at('reserve').flatMap(({ plugin }) => (plugin.reserve === undefined ? [] : [plugin])),
    all: new Map(choices.map(({ plugin }) => [plugin.name, plugin])),
    percentageOfNodesToScore,
  }
}

/** The one profile there is without a configuration. */
export function defaultProfile(schedulerName = 'default-scheduler'): Profile {
  return profileOf(
    schedulerName,
    allPlugins.map(({ create, weight }) => ({ plugin: create(), weight })),
  )
}
