import { useMutation } from '@tanstack/react-query'
import { Button, Input, Radio } from 'antd'
import { useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { ask, newKey, Problem, type Schemas } from '../../api/client'
import { word } from '../../i18n'
import { Failure } from '../../parts/Failure'

const outcomes = [
  'reached',
  'interested',
  'not-interested',
  'call-again',
  'no-answer',
  'wrong-number',
  'opt-out',
] as const
type What = (typeof outcomes)[number]

/** What became of the contact: one choice and, if the agent likes, a note. */
export function Outcome({
  work,
  subject,
  onSaved,
}: {
  work: Schemas['WorkItem']
  subject: string
  onSaved: () => Promise<void>
}) {
  const { t } = useTranslation()
  const [what, setWhat] = useState<What | null>(null)
  const [note, setNote] = useState('')
  const key = useRef(newKey())
  const save = useMutation({
    mutationFn: (outcome: What) =>
      ask('post', '/v1/work-items/{id}/outcomes', {
        path: { id: work.id },
        body: { subject, outcome, ...(note.trim() === '' ? {} : { note }) },
        key: key.current,
      }),
    onSuccess: onSaved,
    onError: (e) => {
      if (e instanceof Problem && e.status !== 0 && e.status !== 503) key.current = newKey()
    },
  })
  return (
    <form
      className="gap"
      onSubmit={(e) => {
        e.preventDefault()
        if (what) save.mutate(what)
      }}
      onKeyDown={(e) => {
        if (e.key === 'Enter' && (e.ctrlKey || e.metaKey) && what) save.mutate(what)
      }}
    >
      <fieldset className="plainset">
        <legend>{t('desk.outcome')}</legend>
        <Radio.Group value={what} onChange={(e) => setWhat(e.target.value as What)}>
          {outcomes.map((o) => (
            <Radio key={o} value={o}>
              {word('outcome', o)}
            </Radio>
          ))}
        </Radio.Group>
      </fieldset>
      <div>
        <label className="block" htmlFor="note">
          {t('desk.note')}
        </label>
        <Input.TextArea id="note" rows={3} maxLength={2000} value={note} onChange={(e) => setNote(e.target.value)} />
        <span className="small">{t('desk.noteHow')}</span>
      </div>
      {save.error ? <Failure error={save.error} /> : null}
      <div className="acts">
        <Button htmlType="submit" type="primary" disabled={!what} loading={save.isPending} data-testid="save">
          {t('desk.saveNext')}
        </Button>
        <span className="small">{t('desk.keys')}</span>
      </div>
    </form>
  )
}
