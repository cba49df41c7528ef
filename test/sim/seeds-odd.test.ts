// Half of the seeds: the odd tens of them (seeds.ts).
import { seedTests } from './seeds.ts'

seedTests('odd')
