import { useTranslation } from 'react-i18next'
import type { Schemas } from '../../api/client'
import { word } from '../../i18n'
import { Grid } from '../../parts/Grid'
import { day } from '../../parts/time'

type Shift = Schemas['Shift']

/** What a trial found: who would have gained and who would have lost, as counts. */
export function Found({ of }: { of: Schemas['Trial'] }) {
  const { t } = useTranslation()
  return (
    <div className="gap" data-testid="found">
      <p>
        {t('rules.found', { from: day(of.from), until: day(of.until), requests: of.requests, without: of.without })}
      </p>
      <Shifts title={t('rules.gain')} none={t('rules.nobodyGains')} of={of.gain} />
      <Shifts title={t('rules.lose')} none={t('rules.nobodyLoses')} of={of.lose} />
    </div>
  )
}

function Shifts({ title, none, of }: { title: string; none: string; of: Schemas['Shifts'] }) {
  const { t } = useTranslation()
  return (
    <div>
      <h3>{title}</h3>
      <p>
        {of.requests === 0
          ? none
          : t('rules.sum', {
              people: of.people,
              requests: of.requests,
              subjects: of.subjects,
              listed: of.listed.length,
            })}
      </p>
      {of.listed.length === 0 ? null : (
        <Grid
          caption={title}
          rows={of.listed}
          rowKey={(s) => `${s.person} ${s.action} ${s.fields} ${s.purpose} ${s.rules}`}
          empty={null}
          columns={[
            { key: 'person', title: t('team.person'), cell: (s) => s.person, text: (s) => s.person },
            { key: 'action', title: t('officer.form'), cell: (s) => done(s), text: (s) => done(s) },
            { key: 'fields', title: t('officer.fields'), cell: (s) => fields(s), text: (s) => fields(s) },
            {
              key: 'purpose',
              title: t('officer.purpose'),
              cell: (s) => word('purpose', s.purpose),
              text: (s) => word('purpose', s.purpose),
            },
            {
              key: 'rules',
              title: t('officer.rule'),
              cell: (s) => <code className="rule">{s.rules}</code>,
              text: (s) => s.rules,
            },
            { key: 'requests', title: t('rules.requests'), cell: (s) => s.requests },
            { key: 'subjects', title: t('rules.subjects'), cell: (s) => s.subjects },
          ]}
        />
      )}
    </div>
  )
}

/** Verb and form: "Read.plain" in words. */
function done({ action }: Shift): string {
  const [verb = '', form = ''] = action.split('.')
  return `${word('verb', verb)} · ${word('form', form)}`
}

const fields = (s: Shift) =>
  s.fields
    .split(',')
    .map((f) => word('field', f))
    .join('、')
