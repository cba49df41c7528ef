// When schedules are due: robfig/cron's rules for days, zones and changes of summer time.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type CronFields, parseCron } from '../../../src/api/batch/cron-schedule.ts'
import { nextCronTime, zoneOffsetMs } from '../../../src/api/batch/cron-times.ts'

const next = (schedule: string, after: string): string | undefined => {
  const at = nextCronTime(parseCron(schedule), Date.parse(after))
  return at === undefined ? undefined : new Date(at).toISOString().slice(0, 19).replace('T', ' ')
}

const cases: readonly (readonly [name: string, schedule: string, after: string, want: string | undefined])[] = [
  ['the next quarter', '0/15 * * * *', '2012-07-09T14:45:00Z', '2012-07-09 15:00:00'],
  ['a time that is due is not its own next', '*/15 * * * *', '2012-07-09T15:00:00Z', '2012-07-09 15:15:00'],
  ['fractions of a second are past', '* * * * *', '2012-07-09T14:59:59.999Z', '2012-07-09 15:00:00'],
  ['the hour wraps', '20-35/15 * * * *', '2012-07-09T15:45:00Z', '2012-07-09 16:20:00'],
  ['the day wraps', '*/15 0-1 * * *', '2012-07-09T23:46:00Z', '2012-07-10 00:00:00'],
  ['the month wraps', '0 0 9 Apr-Oct ?', '2012-07-10T00:00:00Z', '2012-08-09 00:00:00'],
  ['the year wraps', '0 0 * Feb Mon', '2012-07-09T23:35:00Z', '2013-02-04 00:00:00'],
  ['a leap day', '0 0 29 Feb ?', '2012-07-09T23:35:00Z', '2016-02-29 00:00:00'],
  ['a day that never comes', '0 0 31 Apr *', '2012-07-09T23:35:00Z', undefined],
  ['both day fields: one is enough', '0 0 13 * Fri', '2026-01-01T12:00:00Z', '2026-01-02 00:00:00'],
  ['a star of the week: the day of the month alone', '0 0 13 * *', '2026-01-01T12:00:00Z', '2026-01-13 00:00:00'],
  ['a star of the month: the weekday alone', '0 0 * * Fri', '2026-01-02T12:00:00Z', '2026-01-09 00:00:00'],
  ['a stepped star is no star', '0 0 */2 * Fri', '2026-01-01T12:00:00Z', '2026-01-02 00:00:00'],
  ['a macro', '@weekly', '2026-01-01T12:00:00Z', '2026-01-04 00:00:00'],
  ['an interval', '@every 90m', '2026-01-01T12:00:00.500Z', '2026-01-01 13:30:00'],
  ['a zone', 'TZ=Asia/Kolkata 30 5 * * *', '2026-01-01T00:00:00Z', '2026-01-02 00:00:00'],
  [
    'summer time begins: the hour that is skipped does not come',
    'TZ=America/New_York 30 2 * * *',
    '2012-03-11T05:00:00Z',
    '2012-03-12 06:30:00',
  ],
  ['summer time begins: every hour', 'TZ=America/New_York 0 * * * *', '2012-03-11T06:00:00Z', '2012-03-11 07:00:00'],
  ['summer time begins: the hour after', 'TZ=America/New_York 0 3 * * *', '2012-03-11T05:00:00Z', '2012-03-11 07:00:00'],
  [
    'summer time ends: every hour, also the one that comes twice',
    'TZ=America/New_York 0 * * * *',
    '2012-11-04T05:00:00Z',
    '2012-11-04 06:00:00',
  ],
  ['summer time ends: the first of the two', 'TZ=America/New_York 0 1 * * *', '2012-11-04T04:00:00Z', '2012-11-04 05:00:00'],
  ['summer time ends: and the second', 'TZ=America/New_York 0 1 * * *', '2012-11-04T05:00:00Z', '2012-11-04 06:00:00'],
  ['summer time ends: past the hour that comes twice', 'TZ=America/New_York 0 3 * * *', '2012-11-04T05:30:00Z', '2012-11-04 08:00:00'],
  ['a midnight that is skipped', 'TZ=America/Sao_Paulo 0 9 10 * *', '2018-11-03T05:00:00Z', '2018-11-10 11:00:00'],
  ['Berlin in winter', 'TZ=Europe/Berlin 0 0 * * *', '2026-01-01T00:00:00Z', '2026-01-01 23:00:00'],
  ['Berlin in summer', 'TZ=Europe/Berlin 0 0 * * *', '2026-07-01T00:00:00Z', '2026-07-01 22:00:00'],
]

for (const [name, schedule, after, want] of cases) test(name, () => assert.equal(next(schedule, after), want))

test('a due time fits the schedule, and no minute between does', () => {
  const field = (max: number, min = 0) =>
    fc.oneof(
      fc.constant('*'),
      fc.integer({ min, max }).map(String),
      fc.integer({ min: 2, max: 9 }).map((step) => `*/${step}`),
    )
  const schedules = fc.tuple(field(59), field(23), field(28, 1), field(12, 1), field(6)).map((fields) => fields.join(' '))
  const fits = (fields: CronFields, ms: number) => {
    const at = new Date(ms)
    const [ofMonth, ofWeek] = [fields.daysOfMonth.has(at.getUTCDate()), fields.daysOfWeek.has(at.getUTCDay())]
    const day = fields.anyDayOfMonth || fields.anyDayOfWeek ? ofMonth && ofWeek : ofMonth || ofWeek
    return day && fields.minutes.has(at.getUTCMinutes()) && fields.hours.has(at.getUTCHours()) && fields.months.has(at.getUTCMonth() + 1)
  }
  fc.assert(
    fc.property(schedules, fc.integer({ min: 0, max: 2_000_000_000 }), (text, second) => {
      const fields = parseCron(text) as CronFields
      const start = second * 1000
      const due = nextCronTime(fields, start) ?? start
      assert.ok(due > start && fits(fields, due))
      for (let minute = Math.floor(start / 60_000) + 1, steps = 0; minute * 60_000 < due && steps < 500; minute++, steps++) {
        assert.ok(!fits(fields, minute * 60_000))
      }
    }),
    { numRuns: 100 },
  )
})

test('offsets of zones', () => {
  assert.equal(zoneOffsetMs('Asia/Kolkata', 0), 19_800_000)
  assert.equal(zoneOffsetMs('America/New_York', Date.parse('2026-07-01T00:00:00Z')), -4 * 3_600_000)
  assert.equal(zoneOffsetMs(undefined, 0), 0)
})
