// Lines of counters in Prometheus' text form. Pure.

/** `labels` are already in braces, or empty. */
export function counterText(name: string, help: string, values: readonly (readonly [labels: string, value: number])[]): string[] {
  if (values.length === 0) return []
  return [`# HELP ${name} ${help}`, `# TYPE ${name} counter`, ...values.map(([labels, value]) => `${name}${labels} ${value}`)]
}
