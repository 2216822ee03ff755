// Two languages, Chinese first. The Chinese texts are the source: their keys are the
// type of every key, and a test compares the others with them.

import i18next from 'i18next'
import { initReactI18next } from 'react-i18next'
import { speak } from './api/client'
import type zh from './locales/zh-CN'

export const languages = ['zh-CN', 'en'] as const
export type Language = (typeof languages)[number]

declare module 'i18next' {
  interface CustomTypeOptions {
    resources: { translation: typeof zh }
    returnNull: false
  }
}

const kept = 'goldbell.language'

const load: Record<Language, () => Promise<{ default: object }>> = {
  'zh-CN': () => import('./locales/zh-CN'),
  en: () => import('./locales/en'),
}

function first(): Language {
  const own = localStorage.getItem(kept)
  if (own === 'zh-CN' || own === 'en') return own
  return navigator.languages.find((l) => /^(zh|en)/i.test(l))?.startsWith('en') ? 'en' : 'zh-CN'
}

export async function switchTo(language: Language): Promise<void> {
  if (!i18next.hasResourceBundle(language, 'translation')) {
    const texts = await load[language]()
    i18next.addResourceBundle(language, 'translation', texts.default)
  }
  localStorage.setItem(kept, language)
  document.documentElement.lang = language
  speak(language === 'en' ? 'en' : 'zh')
  await i18next.changeLanguage(language)
}

export async function startLanguages(): Promise<void> {
  await i18next.use(initReactI18next).init({
    resources: {},
    lng: first(),
    fallbackLng: false,
    interpolation: { escapeValue: false }, // React writes text, never markup
    react: { useSuspense: false },
  })
  await switchTo(first())
}

/** Says a word of the server's own lists (a form, a state, a field) in the reader's
 * language; a word that is not listed is shown as it is. */
export function word(list: keyof (typeof zh)['words'], value: string): string {
  const key = `words.${list}.${value}`
  return i18next.exists(key) ? i18next.t(key as never) : value
}
