// Validation of FlowSchemas. Words: pkg/apis/flowcontrol/validation upstream.
import type {
  FlowSchema,
  NonResourcePolicyRule,
  PolicyRulesWithSubjects,
  ResourcePolicyRule,
  Subject,
} from '../../../openapi/types/flowcontrol/v1.ts'
import type { FieldError, Path } from '../../apimachinery/field-errors.ts'
import { at, duplicate, forbiddenField, invalidValue, notSupported, required } from '../../apimachinery/field-errors.ts'
import { dns1123Label } from '../../apimachinery/names.ts'
import { namespaceName, objectName, requireText } from '../shared/checks.ts'

const maxPrecedence = 10000
const verbs = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'proxy', 'update', 'watch']

/** Rules of a new or changed FlowSchema. */
export function flowSchemaErrors({ metadata, spec }: FlowSchema): FieldError[] {
  const path = at('spec')
  const precedence = spec?.matchingPrecedence ?? 0
  const where = path.child('matchingPrecedence')
  const errors: FieldError[] = []
  if (precedence <= 0) errors.push(invalidValue(where, precedence, 'must be a positive value'))
  if (precedence > maxPrecedence) errors.push(invalidValue(where, precedence, `must not be greater than ${maxPrecedence}`))
  if (precedence === 1 && metadata?.name !== 'exempt') {
    errors.push(invalidValue(where, precedence, "only the schema named 'exempt' may have matchingPrecedence 1"))
  }
  const method = spec?.distinguisherMethod
  if (method !== undefined && method.type !== 'ByNamespace' && method.type !== 'ByUser') {
    errors.push(notSupported(path.child('distinguisherMethod', 'type'), { Type: method.type }, ['ByNamespace', 'ByUser']))
  }
  const level = spec?.priorityLevelConfiguration?.name
  const levelPath = path.child('priorityLevelConfiguration', 'name')
  errors.push(...(level ? objectName(level, levelPath) : [required(levelPath, 'must reference a priority level')]))
  return [...errors, ...(spec?.rules ?? []).flatMap((rule, index) => ruleErrors(rule, path.child('rules').index(index)))]
}

function ruleErrors({ subjects = [], resourceRules = [], nonResourceRules = [] }: PolicyRulesWithSubjects, path: Path): FieldError[] {
  const errors = subjects.flatMap((subject, index) => subjectErrors(subject, path.child('subjects').index(index)))
  if (subjects.length === 0) errors.push(required(path.child('subjects'), 'subjects must contain at least one value'))
  if (resourceRules.length + nonResourceRules.length === 0) {
    errors.push(required(path, 'at least one of resourceRules and nonResourceRules has to be non-empty'))
  }
  return [
    ...errors,
    ...resourceRules.flatMap((rule, index) => resourceRuleErrors(rule, path.child('resourceRules').index(index))),
    ...nonResourceRules.flatMap((rule, index) => nonResourceRuleErrors(rule, path.child('nonResourceRules').index(index))),
  ]
}

const subjectFields = { ServiceAccount: 'serviceAccount', User: 'user', Group: 'group' } as const

function subjectErrors(subject: Subject, path: Path): FieldError[] {
  const kinds = Object.keys(subjectFields) as (keyof typeof subjectFields)[]
  const own = kinds.find((kind) => kind === subject.kind)
  if (own === undefined) return [notSupported(path.child('kind'), subject.kind ?? '', ['Group', 'ServiceAccount', 'User'])]
  const field = subjectFields[own]
  const value = subject[field]
  const where = path.child(field)
  const errors =
    value === undefined ? [required(where, `${field} is required when subject kind is '${own}'`)] : subjectNameErrors(subject, where)
  for (const kind of kinds) {
    const other = subjectFields[kind]
    if (kind === own || subject[other] === undefined) continue
    errors.push(forbiddenField(path.child(other), `${other} is forbidden when subject kind is not '${kind}'`))
  }
  return errors
}

function subjectNameErrors({ kind, serviceAccount, user, group }: Subject, path: Path): FieldError[] {
  if (kind === 'User') return requireText(user?.name, path.child('name'))
  if (kind === 'Group') return requireText(group?.name, path.child('name'))
  const { name, namespace } = serviceAccount ?? {}
  const errors = name && name !== '*' ? objectName(name, path.child('name')) : requireText(name, path.child('name'))
  if (!namespace) return [...errors, required(path.child('namespace'), 'must specify namespace for service account')]
  return [...errors, ...namespaceName(namespace, path.child('namespace'))]
}

function verbErrors(list: readonly string[] = [], path: Path): FieldError[] {
  if (list.length === 0) return [required(path, 'verbs must contain at least one value')]
  if (list.includes('*')) return onlyStar(list, path, 'verbs')
  return list.every((verb) => verbs.includes(verb)) ? [] : [notSupported(path, list, verbs)]
}

function onlyStar(list: readonly string[], path: Path, what: string): FieldError[] {
  return list.length > 1 && list.includes('*') ? [invalidValue(path, list, `if '*' is present, must not specify other ${what}`)] : []
}

function resourceRuleErrors(rule: ResourcePolicyRule, path: Path): FieldError[] {
  const { apiGroups = [], resources = [], namespaces = [], clusterScope = false } = rule
  const errors = verbErrors(rule.verbs, path.child('verbs'))
  if (apiGroups.length === 0) errors.push(required(path.child('apiGroups'), 'resource rules must supply at least one api group'))
  else errors.push(...onlyStar(apiGroups, path.child('apiGroups'), 'api groups'))
  if (resources.length === 0) errors.push(required(path.child('resources'), 'resource rules must supply at least one resource'))
  else errors.push(...onlyStar(resources, path.child('resources'), 'resources'))
  const where = path.child('namespaces')
  if (namespaces.length === 0 && !clusterScope) {
    return [...errors, required(where, 'resource rules that are not cluster scoped must supply at least one namespace')]
  }
  if (namespaces.includes('*')) return [...errors, ...onlyStar(namespaces, where, 'namespaces')]
  const intro = "each member of this list must be '*' or a DNS-1123 label; "
  return [
    ...errors,
    ...namespaces.flatMap((name, index) =>
      dns1123Label(name).map((message) => invalidValue(where.index(index), name, `${intro}${message}`)),
    ),
  ]
}

function nonResourceRuleErrors({ verbs: list, nonResourceURLs: urls = [] }: NonResourcePolicyRule, path: Path): FieldError[] {
  const errors = verbErrors(list, path.child('verbs'))
  const where = path.child('nonResourceURLs')
  if (urls.length === 0) return [...errors, required(where, 'nonResourceURLs must contain at least one value')]
  if (urls.includes('*')) return [...errors, ...onlyStar(urls, where, 'non-resource URLs')]
  return [...errors, ...urls.flatMap((url, index) => urlErrors(url, where.index(index)))]
}

function urlErrors(url: string, path: Path): FieldError[] {
  const bad = (detail: string): FieldError[] => [invalidValue(path, url, detail)]
  if (url === '') return bad('must not be empty')
  if (url === '/') return []
  if (!url.startsWith('/')) return bad('must start with slash')
  if (url.includes(' ')) return bad('must not contain white-space')
  if (url.includes('//')) return bad('must not contain double slash')
  const stars = url.split('*').length - 1
  return stars > 1 || (stars === 1 && !url.endsWith('/*')) ? bad('wildcard can only do suffix matching') : []
}

/** Rules of a status write, for both kinds of the group. */
export function conditionsErrors({ status }: { status?: { conditions?: { type?: string }[] } }): FieldError[] {
  const seen = new Set<string>()
  return (status?.conditions ?? []).flatMap(({ type = '' }, index) => {
    const path = at('status', 'conditions').index(index).child('type')
    const errors = seen.has(type) ? [duplicate(path, type)] : []
    seen.add(type)
    return [...errors, ...requireText(type, path)]
  })
}
