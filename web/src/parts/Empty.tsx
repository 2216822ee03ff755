import type { ReactNode } from 'react'

/** An empty place says what to do first. */
export function Nothing({ title, children }: { title: string; children?: ReactNode }) {
  return (
    <div className="sheet" role="status">
      <strong>{title}</strong>
      {children ? <p className="soft">{children}</p> : null}
    </div>
  )
}
