// DynamicResources: pods with resource claims. Devices are not allocated here: such a pod waits, and its message says why.
import { definePlugin, unschedulable } from '../framework.ts'

const rejection = unschedulable('cannot allocate all claims')

export const dynamicResources = definePlugin({
  name: 'DynamicResources',
  prepare: ({ pod }) => ({ skip: (pod.spec?.resourceClaims ?? []).length === 0 }),
  filter: () => rejection,
  postFilter: ({ pod }) => ({
    message: (pod.spec?.resourceClaims ?? []).length === 0 ? 'no new claims to deallocate' : 'still not schedulable',
  }),
  retryOn: {},
})
