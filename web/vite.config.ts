import react from '@vitejs/plugin-react'
import { defineConfig } from 'vitest/config'

export default defineConfig({
  base: '/console/',
  publicDir: false,
  plugins: [react()],
  build: {
    outDir: 'dist/console',
    emptyOutDir: true,
    target: 'es2023',
    manifest: true,
    assetsInlineLimit: 0, // a data: URL is nothing the page's policy allows
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 2000, // what counts is weighed after packing: scripts/pack.mjs
    reportCompressedSize: false,
  },
  test: { include: ['src/**/*.test.{ts,tsx}'], environment: 'node' },
})
