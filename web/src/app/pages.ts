// The table of pages: where each is, whose it is, and how it is loaded. A page is
// fetched when it is opened.

import { type ComponentType, lazy } from 'react'
import type zh from '../locales/zh-CN'
import type { Duty } from './duties'

export interface Page {
  path: string
  /** Where a link goes; none: it is reached from other pages. */
  link?: string
  text: keyof (typeof zh)['common']['nav']
  duty: Duty
  load: () => Promise<{ default: ComponentType }>
}

export const pages: Page[] = [
  { path: '/desk/:work?', link: '/desk', text: 'desk', duty: 'desk', load: () => import('../routes/desk/Desk') },
  {
    path: '/complaints',
    link: '/complaints',
    text: 'complaints',
    duty: 'officer',
    load: () => import('../routes/officer/Complaints'),
  },
  {
    path: '/incidents/:id?',
    link: '/incidents',
    text: 'incidents',
    duty: 'auditor',
    load: () => import('../routes/incidents/Incidents'),
  },
  {
    path: '/alerts',
    link: '/alerts',
    text: 'alerts',
    duty: 'auditor',
    load: () => import('../routes/incidents/Alerts'),
  },
  {
    path: '/approvals',
    link: '/approvals',
    text: 'approvals',
    duty: 'officer',
    load: () => import('../routes/officer/Approvals'),
  },
  { path: '/rules/:id?', link: '/rules', text: 'rules', duty: 'rules', load: () => import('../routes/rules/Rules') },
  { path: '/trace', link: '/trace', text: 'trace', duty: 'officer', load: () => import('../routes/officer/Trace') },
  { path: '/team', link: '/team', text: 'team', duty: 'team', load: () => import('../routes/team/Team') },
  {
    path: '/who-can',
    link: '/who-can',
    text: 'whoCan',
    duty: 'auditor',
    load: () => import('../routes/officer/WhoCan'),
  },
  {
    path: '/who-saw/:id?',
    link: '/who-saw',
    text: 'whoSaw',
    duty: 'auditor',
    load: () => import('../routes/officer/WhoSaw'),
  },
  {
    path: '/what-got/:id?',
    link: '/what-got',
    text: 'whatGot',
    duty: 'auditor',
    load: () => import('../routes/officer/WhatGot'),
  },
  {
    path: '/partners/:id?',
    link: '/partners',
    text: 'partners',
    duty: 'officer',
    load: () => import('../routes/officer/Partners'),
  },
  {
    path: '/ledger/:index?',
    link: '/ledger',
    text: 'ledger',
    duty: 'auditor',
    load: () => import('../routes/auditor/Ledger'),
  },
  {
    path: '/changes',
    link: '/changes',
    text: 'changes',
    duty: 'auditor',
    load: () => import('../routes/auditor/Changes'),
  },
  {
    path: '/witnesses',
    link: '/witnesses',
    text: 'witnesses',
    duty: 'auditor',
    load: () => import('../routes/auditor/Witnesses'),
  },
  { path: '/account', text: 'account', duty: 'any', load: () => import('../routes/account/Account') },
]

export const routes = pages.map((p) => ({ ...p, Page: lazy(p.load) }))

/** Begins to fetch the page of an address, before it is known whose it is. */
export function preload(path: string) {
  const first = path.split('/')[2] ?? ''
  void pages
    .find((p) => p.path.split('/')[1] === first)
    ?.load()
    .catch(() => {}) // it is fetched again, and says so, when it is opened
}
