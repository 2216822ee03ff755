import { useMutation } from '@tanstack/react-query'
import { Alert, Button, Input } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { ask, newKey, type Schemas } from '../../api/client'
import { word } from '../../i18n'
import { Account, type Told } from '../../parts/Account'
import { Due } from '../../parts/Due'
import { Failure } from '../../parts/Failure'

/** The desk of a complaint's handler: read, take up, reply. There is nothing here to
 * close it with: only the complainant closes. */
export function Handling({ work, complaint }: { work: Schemas['WorkItem']; complaint: string }) {
  const { t } = useTranslation()
  const [told, setTold] = useState<Told | null>(null)
  const [reply, setReply] = useState('')
  const [state, setState] = useState('')
  const act = useMutation({
    mutationFn: (text: string) =>
      ask('post', '/v1/complaints/{id}/handling', {
        path: { id: complaint },
        body: { work_item: work.id, ...(text === '' ? {} : { reply: text }) },
        key: newKey(),
      }),
    onSuccess: (_, text) => {
      setState(text === '' ? 'in-handling' : 'replied')
      setReply('')
    },
  })
  const now = state || told?.state || ''
  return (
    <section className="sheet gap" aria-label={t('officer.case')} data-testid="handling">
      <h2>
        {t('officer.case')} <code>{complaint.slice(0, 8)}</code>
      </h2>
      <Alert type="info" showIcon title={t('desk.onlyShe')} description={t('desk.onlySheHow')} />
      <Account
        complaint={complaint}
        work={work.id}
        onRead={(x) => {
          setTold(x)
          setState('')
        }}
      />
      {told ? (
        <p data-testid="handling-state">
          {t('officer.state')}: {word('state', now)} · {t('officer.left')}:{' '}
          <Due at={told.due} over={now === 'closed'} />
        </p>
      ) : null}
      {now === 'accepted' || now === 'reopened' ? (
        <Button type="primary" loading={act.isPending} onClick={() => act.mutate('')} data-testid="take-up">
          {t('desk.takeUp')}
        </Button>
      ) : null}
      {now === 'in-handling' ? (
        <form
          className="gap"
          onSubmit={(e) => {
            e.preventDefault()
            act.mutate(reply)
          }}
        >
          <label className="block" htmlFor="reply">
            {t('desk.reply')}
            <Input.TextArea
              id="reply"
              rows={5}
              maxLength={4000}
              value={reply}
              onChange={(e) => setReply(e.target.value)}
            />
          </label>
          <p className="small">{t('desk.replyHow')}</p>
          <Button
            htmlType="submit"
            type="primary"
            disabled={reply.trim() === ''}
            loading={act.isPending}
            data-testid="send-reply"
          >
            {t('desk.sendReply')}
          </Button>
        </form>
      ) : null}
      {now === 'replied' ? <p role="status">{t('desk.waitsForHer')}</p> : null}
      {act.error ? <Failure error={act.error} /> : null}
    </section>
  )
}
