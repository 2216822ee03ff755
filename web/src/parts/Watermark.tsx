// The visible mark over a page that shows customers' information: staff number, time
// and the short code of the last answer. It is drawn as text, close enough together
// that a crop of a customer's card holds it, and watched: if it is taken away or
// hidden, the page hides its content and says so to the server.

import { type ReactNode, useEffect, useId, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { ask } from '../api/client'
import { beijing } from './time'

const digits = '0123456789abcdefghjkmnpqrstvwxyz'

/** The short code of a disclosure: its first 40 bits, as the records spell it. */
export function shortCode(id: string): string {
  let bits = ''
  for (let i = 0; i < 10; i++)
    bits += Number.parseInt(id[i] ?? '0', 16)
      .toString(2)
      .padStart(4, '0')
  let code = ''
  for (let i = 0; i < 40; i += 5) code += digits[Number.parseInt(bits.slice(i, i + 5), 2)]
  return code
}

/** The mark of an answer, as package mark writes it. */
export function markOf(person: string, at: string, id: string): string {
  return `${person} · ${beijing(at)} · ${shortCode(id)}`
}

/** How far apart the marks are, in CSS pixels. A staff number of usual length fits; a
 * longer one moves them apart, for what passes the tile's edge is cut off. */
const across = (person: string) => Math.max(236, person.length * 9)
const down = 80

function isWhole(svg: SVGSVGElement | null, host: HTMLElement): boolean {
  if (!svg || !host.contains(svg) || !svg.querySelector('text')?.textContent) return false
  for (let e: Element | null = svg; e && e !== host.parentElement; e = e.parentElement) {
    const style = getComputedStyle(e)
    if (style.display === 'none' || style.visibility !== 'visible' || Number(style.opacity) < 0.5) return false
  }
  const text = svg.querySelector('text')
  if (text && Number(getComputedStyle(text).fillOpacity) < 0.05) return false
  return svg.getBoundingClientRect().width >= host.getBoundingClientRect().width - 2
}

export function Watermarked({ mark, disclosure, children }: { mark: string; disclosure: string; children: ReactNode }) {
  const { t } = useTranslation()
  const host = useRef<HTMLDivElement>(null)
  const svg = useRef<SVGSVGElement>(null)
  const [gone, setGone] = useState(false)
  const id = useId()
  const person = mark.slice(0, mark.indexOf('· ') + 2)

  useEffect(() => {
    const at = host.current
    if (!at || mark === '') return
    let told = false
    const check = () => {
      if (told || isWhole(svg.current, at)) return
      told = true
      setGone(true)
      void ask('post', '/v1/watermark-reports', { body: { disclosure } }).catch(() => {}) // it stays hidden all the same
    }
    const watch = new MutationObserver(check)
    watch.observe(at, { childList: true, subtree: true, attributes: true, characterData: true })
    const now = setInterval(check, 2000) // a style sheet changes without a mutation
    check()
    return () => {
      watch.disconnect()
      clearInterval(now)
    }
  }, [mark, disclosure])

  if (gone) {
    return (
      <p role="alert" className="sheet">
        {t('common.markRemoved')}
      </p>
    )
  }
  return (
    <div ref={host} className="watermarked" data-testid="watermarked">
      {children}
      {mark === '' ? null : (
        <>
          <svg ref={svg} className="watermark" aria-hidden="true" data-testid="watermark">
            <defs>
              <pattern
                id={id}
                width={across(person)}
                height={down}
                patternUnits="userSpaceOnUse"
                patternTransform="rotate(-14)"
              >
                <text>
                  <tspan x="4" y="36">
                    {person}
                  </tspan>
                  <tspan x="4" dy="16">
                    {mark.slice(person.length)}
                  </tspan>
                </text>
              </pattern>
            </defs>
            <rect width="100%" height="100%" fill={`url(#${id})`} />
          </svg>
          <p className="markline">
            {t('common.mark')} <span data-testid="mark">{mark}</span>
          </p>
        </>
      )}
    </div>
  )
}
