// Questions about Jobs that rules, controllers and printers ask.
import type { Job, JobStatus } from '../../../openapi/types/batch/v1.ts'

/** Whether a condition is there with the given status. */
export function jobConditionIs(status: JobStatus | undefined, type: string, value: 'True' | 'False'): boolean {
  return status?.conditions?.some((condition) => condition.type === type && condition.status === value) ?? false
}

/** Complete or Failed: nothing will happen any more. */
export function isJobFinished(job: Job): boolean {
  return isJobComplete(job) || isJobFailed(job)
}

/** Ended well. */
export function isJobComplete(job: Job): boolean {
  return jobConditionIs(job.status, 'Complete', 'True')
}

/** Ended badly. */
export function isJobFailed(job: Job): boolean {
  return jobConditionIs(job.status, 'Failed', 'True')
}
