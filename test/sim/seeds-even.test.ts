// Half of the seeds: the even tens of them (seeds.ts).
import { seedTests } from './seeds.ts'

seedTests('even')
