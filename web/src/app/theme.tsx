// Dark and light by tokens; what the reader chose is kept, as is nothing else but
// the language.

import { ConfigProvider, App as Toolbox, theme } from 'antd'
import en from 'antd/locale/en_US'
import zh from 'antd/locale/zh_CN'
import { createContext, type ReactNode, use, useEffect, useMemo, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { nonce } from '../boot'

type Look = 'light' | 'dark'
const kept = 'goldbell.look'
const Context = createContext<{ look: Look; turn: () => void }>({ look: 'light', turn: () => {} })

export function useLook() {
  return use(Context)
}

function firstLook(): Look {
  const own = localStorage.getItem(kept)
  if (own === 'light' || own === 'dark') return own
  return matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light'
}

export function Theme({ children }: { children: ReactNode }) {
  const [look, setLook] = useState<Look>(firstLook)
  const { i18n } = useTranslation()
  useEffect(() => {
    document.documentElement.dataset.look = look
  }, [look])
  const value = useMemo(
    () => ({
      look,
      turn: () =>
        setLook((now) => {
          const next = now === 'dark' ? 'light' : 'dark'
          localStorage.setItem(kept, next)
          return next
        }),
    }),
    [look],
  )
  const dark = look === 'dark'
  return (
    <Context value={value}>
      <ConfigProvider
        csp={{ nonce }}
        button={{ autoInsertSpace: false }}
        locale={i18n.language === 'en' ? en : zh}
        theme={{
          algorithm: dark ? theme.darkAlgorithm : theme.defaultAlgorithm,
          token: {
            colorPrimary: dark ? '#d9b25a' : '#7a5b0b',
            colorLink: dark ? '#e3c37b' : '#6b4f08',
            colorTextPlaceholder: dark ? '#a6a6a6' : '#6b6b6b',
            colorTextDescription: dark ? '#b5b5b5' : '#595959',
            colorTextSecondary: dark ? '#bdbdbd' : '#595959',
            colorTextTertiary: dark ? '#b5b5b5' : '#5f5f5f',
            colorError: dark ? '#ff7875' : '#b42318',
            colorSuccess: dark ? '#73d13d' : '#2f6f17',
            colorWarning: dark ? '#ffc53d' : '#8a5a00',
            ...(dark
              ? {}
              : {
                  colorSuccessBg: '#eef6ea',
                  colorWarningBg: '#fdf6e3',
                  colorErrorBg: '#fdecea',
                  colorInfoBg: '#f3f0e6',
                }),
            borderRadius: 6,
            motion: !matchMedia('(prefers-reduced-motion: reduce)').matches,
          },
          components: { Button: { primaryColor: dark ? '#1a1a1a' : '#ffffff' } },
        }}
      >
        <Toolbox>{children}</Toolbox>
      </ConfigProvider>
    </Context>
  )
}
