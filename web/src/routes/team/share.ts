// Dividing a list of people among those who are to work on it.

/** Most people in one work item. */
export const most = 1000

export interface Portion {
  to: string
  subjects: string[]
}

/** The ids in a text, each once, and how many words of it are none. */
export function readIds(text: string): { ids: string[]; wrong: number } {
  const words = text.split(/[\s,;，；、]+/).filter((w) => w !== '')
  const ids = new Set<string>()
  let wrong = 0
  for (const w of words) {
    if (/^[0-9a-f]{32}$/.test(w)) ids.add(w)
    else wrong++
  }
  return { ids: [...ids], wrong }
}

/** Deals the ids out evenly, in pieces that fit into a work item. */
export function deal(ids: string[], to: string[]): Portion[] {
  const portions: Portion[] = []
  to.forEach((person, i) => {
    const mine = ids.filter((_, n) => n % to.length === i)
    for (let at = 0; at < mine.length; at += most) portions.push({ to: person, subjects: mine.slice(at, at + most) })
  })
  return portions
}
