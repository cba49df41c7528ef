// Volumes of our own: directories of nodes.

/** The provisioner of the built-in class: a directory of the node. */
export const hostPathProvisioner = 'k8ts.io/host-path'
/** On volumes: who made it. */
export const provisionedBy = 'pv.kubernetes.io/provisioned-by'
