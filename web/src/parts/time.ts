// Times as people here read them: Beijing time, with the offset where law looks on.

const parts = new Intl.DateTimeFormat('en-GB', {
  timeZone: 'Asia/Shanghai',
  year: 'numeric',
  month: '2-digit',
  day: '2-digit',
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  hourCycle: 'h23',
})

/** 2026-03-02 09:30:05, in UTC+8. */
export function beijing(at: string | number | Date): string {
  const p = Object.fromEntries(parts.formatToParts(new Date(at)).map((x) => [x.type, x.value]))
  return `${p.year}-${p.month}-${p.day} ${p.hour}:${p.minute}:${p.second}`
}

export function day(at: string | number | Date): string {
  return beijing(at).slice(0, 10)
}

/** The first moment of a day of Beijing, for a request. */
export function startOf(date: string): string {
  return new Date(`${date}T00:00:00+08:00`).toISOString()
}

export function addDays(date: string, n: number): string {
  return day(new Date(`${date}T12:00:00+08:00`).getTime() + n * 86_400_000)
}

/** Whole days left until a time; negative when it is past. */
export function daysLeft(until: string | number, now: number): number {
  return Math.floor((new Date(until).getTime() - now) / 86_400_000)
}
