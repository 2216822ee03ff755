import './boot'
import './app/style.css'
import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { createRoot } from 'react-dom/client'
import { Problem } from './api/client'
import { myWork } from './api/work'
import { App } from './app/App'
import { preload } from './app/pages'
import { SessionProvider, signedIn } from './app/session'
import { startLanguages } from './i18n'

const cache = new QueryClient({
  defaultOptions: {
    queries: {
      gcTime: 60_000, // answers are masked or about staff; still, none is kept long
      staleTime: 5_000,
      refetchOnWindowFocus: false,
      retry: (n, e) => n < 2 && e instanceof Problem && (e.status === 0 || e.status === 503),
    },
  },
})

// The page, its data and the language are fetched side by side.
if (signedIn()) {
  preload(location.pathname)
  if (location.pathname.startsWith('/console/desk')) void cache.prefetchQuery(myWork)
}
await startLanguages()
const root = document.getElementById('root')
if (root) {
  createRoot(root).render(
    <QueryClientProvider client={cache}>
      <SessionProvider>
        <App />
      </SessionProvider>
    </QueryClientProvider>,
  )
}
