import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Button, Tag } from 'antd'
import { type FormEvent, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useNavigate, useParams } from 'react-router'
import { type Answer, ask, newKey, type Schemas } from '../../api/client'
import { word } from '../../i18n'
import { Nothing } from '../../parts/Empty'
import { Failure } from '../../parts/Failure'
import { Grid, usePages } from '../../parts/Grid'
import { beijing, daysLeft, startOf } from '../../parts/time'

type Org = Answer<'/v1/organisations', 'get'>['organisations'][number]

/** The register of partners: agreements, assessments, transfers abroad, and the
 * numbers they call from. */
export default function Partners() {
  const { t } = useTranslation()
  const { id } = useParams()
  const go = useNavigate()
  const { cursor, back, forth } = usePages()
  const list = useQuery({
    queryKey: ['orgs', cursor],
    queryFn: ({ signal }) => ask('get', '/v1/organisations', { query: { after: cursor, limit: 50 }, signal }),
  })
  const rows = (list.data?.organisations ?? []).filter((o) => o.kind !== 'own')
  const next = list.data?.next
  const open = rows.find((o) => o.id === id)
  return (
    <div className="gap">
      <h1>{t('officer.partners')}</h1>
      {list.error ? <Failure error={list.error} again={() => void list.refetch()} /> : null}
      <Grid
        caption={t('officer.partnersCaption')}
        rows={rows}
        rowKey={(o) => o.id}
        busy={list.isFetching}
        onOpen={(o) => void go(`/partners/${encodeURIComponent(o.id)}`)}
        previous={back}
        next={next ? () => forth(next) : undefined}
        empty={<Nothing title={t('officer.noPartners')}>{t('officer.noPartnersHow')}</Nothing>}
        columns={[
          { key: 'id', title: t('officer.orgId'), cell: (o) => <code>{o.id}</code>, text: (o) => o.id },
          { key: 'title', title: t('officer.orgTitle'), cell: (o) => o.title, text: (o) => o.title },
          {
            key: 'kind',
            title: t('officer.orgKind'),
            cell: (o) => word('orgKind', o.kind),
            text: (o) => word('orgKind', o.kind),
          },
          {
            key: 'agreement',
            title: t('officer.agreement'),
            cell: (o) => (
              <>
                {o.agreement ?? ''} <Until at={o.agreement_until} />
              </>
            ),
            text: (o) => `${o.agreement ?? ''} ${o.agreement_until ?? ''}`,
          },
          {
            key: 'assessment',
            title: t('officer.assessment'),
            cell: (o) => o.assessment ?? '—',
            text: (o) => o.assessment ?? '',
          },
          {
            key: 'region',
            title: t('officer.region'),
            cell: (o) => [o.region || 'CN', word('transfer', o.transfer_basis ?? '')].filter(Boolean).join(' · '),
            text: (o) => o.region ?? '',
          },
          {
            key: 'state',
            title: t('officer.state'),
            cell: (o) => (
              <>
                {o.suspended ? <Tag color="error">{t('officer.suspended')}</Tag> : null}
                {o.forged ? <Tag color="error">{t('officer.forged')}</Tag> : null}
              </>
            ),
          },
        ]}
      />
      {open ? <Edit key={open.id} of={open} /> : <Edit key="new" of={null} />}
      {open ? <Numbers id={open.id} /> : null}
    </div>
  )
}

function Until({ at }: { at: string | undefined }) {
  const { t } = useTranslation()
  if (!at) return <Tag color="error">{t('officer.noAgreement')}</Tag>
  const left = daysLeft(at, Date.now())
  const text = beijing(at).slice(0, 10)
  if (left < 0) return <Tag color="error">{`${text} ${t('team.over')}`}</Tag>
  return left <= 30 ? <Tag color="warning">{`${text} ${t('team.soon')}`}</Tag> : <span>{text}</span>
}

const bases = ['security-assessment', 'standard-contract', 'certification'] as const

/** Adds an organisation, or changes one: what the form does not name stays as it is. */
function Edit({ of }: { of: Org | null }) {
  const { t } = useTranslation()
  const cache = useQueryClient()
  const put = useMutation({
    mutationFn: (body: Schemas['OrgInBody']) => ask('post', '/v1/organisations', { body, key: newKey() }),
    onSuccess: () => cache.invalidateQueries({ queryKey: ['orgs'] }),
  })
  const save = (e: FormEvent<HTMLFormElement>) => {
    e.preventDefault()
    const form = new FormData(e.currentTarget)
    const text = (name: string) => String(form.get(name) ?? '').trim()
    const date = (name: string) => (text(name) === '' ? {} : { [name]: startOf(text(name)) })
    put.mutate({
      id: of?.id ?? text('id'),
      kind: text('kind') as 'entrusted' | 'handler',
      title: text('title'),
      ...(text('agreement') === '' ? {} : { agreement: text('agreement') }),
      ...date('agreement_until'),
      ...(of?.agreement_purposes ? { agreement_purposes: of.agreement_purposes } : {}),
      ...(of?.agreement_fields ? { agreement_fields: of.agreement_fields } : {}),
      ...(text('assessment') === '' ? {} : { assessment: text('assessment') }),
      ...date('assessment_on'),
      ...(text('region') === '' ? {} : { region: text('region').toUpperCase() }),
      ...(text('transfer_basis') === '' ? {} : { transfer_basis: text('transfer_basis') as (typeof bases)[number] }),
      ...(text('transfer') === '' ? {} : { transfer: text('transfer') }),
      ...date('transfer_until'),
      suspended: form.get('suspended') === 'on',
    })
  }
  const title = of ? t('officer.changeOrg', { id: of.id }) : t('officer.addOrg')
  const dayOf = (at: string | undefined) => (at ? beijing(at).slice(0, 10) : '')
  return (
    <form className="sheet gap" aria-label={title} onSubmit={save} data-testid="org-form">
      <h2>{title}</h2>
      <div className="filters">
        {of ? null : (
          <label htmlFor="org-id">
            <span>{t('officer.orgId')}</span>
            <input
              id="org-id"
              name="id"
              className="choice mono"
              maxLength={40}
              pattern="[a-z0-9][a-z0-9\-]*"
              required
            />
          </label>
        )}
        <label htmlFor="org-title">
          <span>{t('officer.orgTitle')}</span>
          <input id="org-title" name="title" className="choice" maxLength={60} defaultValue={of?.title} required />
        </label>
        <label htmlFor="org-kind">
          <span>{t('officer.orgKind')}</span>
          <select id="org-kind" name="kind" className="choice" defaultValue={of?.kind ?? 'handler'}>
            {['entrusted', 'handler'].map((k) => (
              <option key={k} value={k}>
                {word('orgKind', k)}
              </option>
            ))}
          </select>
        </label>
        <label htmlFor="org-agreement">
          <span>{t('officer.agreement')}</span>
          <input id="org-agreement" name="agreement" className="choice" maxLength={60} defaultValue={of?.agreement} />
        </label>
        <label htmlFor="org-until">
          <span>{t('officer.agreementUntil')}</span>
          <input
            id="org-until"
            name="agreement_until"
            type="date"
            className="choice"
            defaultValue={dayOf(of?.agreement_until)}
          />
        </label>
        <label htmlFor="org-assessment">
          <span>{t('officer.assessment')}</span>
          <input
            id="org-assessment"
            name="assessment"
            className="choice"
            maxLength={60}
            defaultValue={of?.assessment}
          />
        </label>
        <label htmlFor="org-assessed">
          <span>{t('officer.assessedOn')}</span>
          <input
            id="org-assessed"
            name="assessment_on"
            type="date"
            className="choice"
            defaultValue={dayOf(of?.assessment_on)}
          />
        </label>
        <label htmlFor="org-region">
          <span>{t('officer.region')}</span>
          <input
            id="org-region"
            name="region"
            className="choice"
            size={3}
            maxLength={2}
            pattern="[A-Za-z]{2}"
            defaultValue={of?.region}
            placeholder="CN"
          />
        </label>
        <label htmlFor="org-basis">
          <span>{t('officer.transferBasis')}</span>
          <select id="org-basis" name="transfer_basis" className="choice" defaultValue={of?.transfer_basis ?? ''}>
            <option value="">{t('officer.atHome')}</option>
            {bases.map((b) => (
              <option key={b} value={b}>
                {word('transfer', b)}
              </option>
            ))}
          </select>
        </label>
        <label htmlFor="org-transfer">
          <span>{t('officer.transferRef')}</span>
          <input id="org-transfer" name="transfer" className="choice" maxLength={60} defaultValue={of?.transfer} />
        </label>
        <label htmlFor="org-transfer-until">
          <span>{t('officer.transferUntil')}</span>
          <input
            id="org-transfer-until"
            name="transfer_until"
            type="date"
            className="choice"
            defaultValue={dayOf(of?.transfer_until)}
          />
        </label>
        <label htmlFor="org-suspended">
          <span>{t('officer.suspended')}</span>
          <input id="org-suspended" name="suspended" type="checkbox" defaultChecked={of?.suspended ?? false} />
        </label>
        <Button htmlType="submit" type="primary" loading={put.isPending} data-testid="save-org">
          {t('officer.save')}
        </Button>
      </div>
      {put.isSuccess ? <p role="status">{t('officer.saved')}</p> : null}
      {put.error ? <Failure error={put.error} /> : null}
    </form>
  )
}

/** The numbers an organisation calls from: complaints about them are traced to it. */
function Numbers({ id }: { id: string }) {
  const { t } = useTranslation()
  const cache = useQueryClient()
  const [number, setNumber] = useState('')
  const list = useQuery({
    queryKey: ['numbers', id],
    queryFn: ({ signal }) => ask('get', '/v1/organisations/{id}/numbers', { path: { id }, signal }),
  })
  const add = useMutation({
    mutationFn: () =>
      ask('post', '/v1/organisations/{id}/numbers', {
        path: { id },
        body: { number, from: new Date().toISOString() },
        key: newKey(),
      }),
    onSuccess: () => {
      setNumber('')
      return cache.invalidateQueries({ queryKey: ['numbers', id] })
    },
  })
  return (
    <section className="sheet gap" aria-label={t('officer.numbers')}>
      <h2>{t('officer.numbers')}</h2>
      <p className="soft">{t('officer.numbersHow')}</p>
      {list.error ? <Failure error={list.error} /> : null}
      <Grid
        caption={t('officer.numbers')}
        rows={list.data?.numbers ?? []}
        rowKey={(n) => `${n.tail} ${n.from}`}
        busy={list.isFetching}
        empty={<p className="soft">{t('officer.noNumbers')}</p>}
        columns={[
          { key: 'tail', title: t('officer.tail'), cell: (n) => n.tail, text: (n) => n.tail },
          { key: 'from', title: t('officer.from'), cell: (n) => beijing(n.from) },
          { key: 'until', title: t('officer.to'), cell: (n) => (n.until ? beijing(n.until) : t('team.open')) },
        ]}
      />
      <form
        className="filters"
        onSubmit={(e) => {
          e.preventDefault()
          add.mutate()
        }}
      >
        <label htmlFor="number">
          <span>{t('officer.addNumber')}</span>
          <input
            id="number"
            className="choice"
            inputMode="tel"
            autoComplete="off"
            maxLength={40}
            value={number}
            onChange={(e) => setNumber(e.target.value)}
          />
        </label>
        <Button htmlType="submit" disabled={number.trim() === ''} loading={add.isPending}>
          {t('officer.save')}
        </Button>
      </form>
      {add.error ? <Failure error={add.error} /> : null}
    </section>
  )
}
