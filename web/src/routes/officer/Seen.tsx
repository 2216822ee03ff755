import { useTranslation } from 'react-i18next'
import { Link, useNavigate } from 'react-router'
import type { Answer } from '../../api/client'
import { word } from '../../i18n'
import { Nothing } from '../../parts/Empty'
import { Grid } from '../../parts/Grid'
import { beijing } from '../../parts/time'

export type SeenEntry = Answer<'/v1/subjects/{id}/disclosures', 'get'>['disclosures'][number]

/** Entries of who saw whom, a page of them, as a timeline. */
export function Seen(props: {
  caption: string
  rows: SeenEntry[]
  busy: boolean
  previous: (() => void) | undefined
  next: (() => void) | undefined
}) {
  const { t } = useTranslation()
  const go = useNavigate()
  return (
    <Grid
      {...props}
      rowKey={(s) => String(s.entry)}
      onOpen={(s) => void go(`/ledger/${s.entry}`)}
      empty={<Nothing title={t('officer.noneSeen')}>{t('officer.noneSeenHow')}</Nothing>}
      columns={[
        {
          key: 'entry',
          title: t('officer.entry'),
          cell: (s) => <Link to={`/ledger/${s.entry}`}>{s.entry}</Link>,
          text: (s) => String(s.entry),
        },
        { key: 'at', title: t('officer.at'), cell: (s) => beijing(s.at), text: (s) => beijing(s.at) },
        {
          key: 'actor',
          title: t('officer.actor'),
          cell: (s) => `${s.actor}${s.org ? ` · ${s.org}` : ''}`,
          text: (s) => `${s.actor} ${s.org}`,
        },
        { key: 'form', title: t('officer.form'), cell: (s) => word('form', s.form), text: (s) => word('form', s.form) },
        {
          key: 'fields',
          title: t('officer.fields'),
          cell: (s) => s.fields.map((f) => word('field', f)).join('、'),
          text: (s) => s.fields.join(' '),
        },
        {
          key: 'purpose',
          title: t('officer.purpose'),
          cell: (s) => word('purpose', s.purpose),
          text: (s) => word('purpose', s.purpose),
        },
        { key: 'shown', title: t('officer.shown'), cell: (s) => `${s.shown} / ${s.refused}` },
        {
          key: 'rule',
          title: t('officer.rule'),
          cell: (s) => <code className="rule">{s.rule ?? ''}</code>,
          text: (s) => s.rule ?? '',
        },
      ]}
    />
  )
}

/** Asks whose list is wanted. */
export function Whose({
  label,
  how,
  onGo,
  initial,
}: {
  label: string
  how: string
  initial: string
  onGo: (id: string) => void
}) {
  const { t } = useTranslation()
  return (
    <form
      className="filters"
      onSubmit={(e) => {
        e.preventDefault()
        const id = String(new FormData(e.currentTarget).get('id') ?? '').trim()
        if (id !== '') onGo(id)
      }}
    >
      <label htmlFor="whose">
        <span>{label}</span>
        <input
          id="whose"
          name="id"
          className="choice mono"
          size={36}
          maxLength={64}
          defaultValue={initial}
          placeholder={how}
        />
      </label>
      <button type="submit" className="choice">
        {t('officer.look')}
      </button>
    </form>
  )
}
