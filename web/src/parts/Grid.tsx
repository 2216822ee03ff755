// A table that shows one page of a list at a time: the server hands pages out by
// key, so that the millionth page is as quick as the first. Filters look through the
// page that is shown. There is no export.

import { Button } from 'antd'
import { type KeyboardEvent, type ReactNode, useState } from 'react'
import { useTranslation } from 'react-i18next'

export interface Column<T> {
  key: string
  title: string
  cell: (row: T) => ReactNode
  /** What a filter over the column looks through; none: no filter. */
  text?: (row: T) => string
}

interface Props<T> {
  caption: string
  rows: T[]
  columns: Column<T>[]
  rowKey: (row: T) => string
  onOpen?: (row: T) => void
  previous?: (() => void) | undefined
  next?: (() => void) | undefined
  busy?: boolean
  empty: ReactNode
}

export function Grid<T>({ caption, rows, columns, rowKey, onOpen, previous, next, busy, empty }: Props<T>) {
  const { t } = useTranslation()
  const [filters, setFilters] = useState<Record<string, string>>({})
  const shown = rows.filter((row) =>
    columns.every((c) => {
      const wanted = filters[c.key]?.trim().toLowerCase() ?? ''
      return wanted === '' || (c.text?.(row) ?? '').toLowerCase().includes(wanted)
    }),
  )

  const move = (e: KeyboardEvent<HTMLTableRowElement>, row: T) => {
    const at = e.currentTarget
    const to = { ArrowDown: at.nextElementSibling, ArrowUp: at.previousElementSibling }[e.key]
    if (to instanceof HTMLElement) to.focus()
    else if (e.key === 'Enter' && e.target === at) onOpen?.(row)
    else if (e.key === 'PageDown' && next) next()
    else if (e.key === 'PageUp' && previous) previous()
    else return
    e.preventDefault()
  }

  if (rows.length === 0 && !busy && !previous) return empty
  return (
    <div>
      <table className="grid" aria-busy={busy ?? false}>
        <caption className="small">{caption}</caption>
        <thead>
          <tr>
            {columns.map((c) => (
              <th key={c.key} scope="col">
                {c.title}
                {c.text ? (
                  <div>
                    <input
                      className="filter"
                      aria-label={t('common.filter', { column: c.title })}
                      placeholder={t('common.filterShort')}
                      value={filters[c.key] ?? ''}
                      onChange={(e) => setFilters({ ...filters, [c.key]: e.target.value })}
                    />
                  </div>
                ) : null}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {shown.map((row, i) => (
            <tr
              key={rowKey(row)}
              tabIndex={i === 0 ? 0 : -1}
              onKeyDown={(e) => move(e, row)}
              onClick={onOpen ? () => onOpen(row) : undefined}
              className={onOpen ? 'opens' : undefined}
            >
              {columns.map((c) => (
                <td key={c.key}>{c.cell(row)}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      <div className="acts">
        <Button onClick={previous} disabled={!previous}>
          {t('common.previous')}
        </Button>
        <Button onClick={next} disabled={!next} loading={busy ?? false}>
          {t('common.next')}
        </Button>
        <span className="small">{t('common.onThisPage', { count: shown.length })}</span>
      </div>
    </div>
  )
}

/** The cursors of the pages behind, so that one can go back. */
export function usePages(): {
  cursor: string
  back: (() => void) | undefined
  forth: (next: string) => void
  reset: () => void
} {
  const [behind, setBehind] = useState<string[]>([''])
  return {
    cursor: behind.at(-1) ?? '',
    back: behind.length > 1 ? () => setBehind(behind.slice(0, -1)) : undefined,
    forth: (next) => setBehind([...behind, next]),
    reset: () => setBehind(['']),
  }
}
