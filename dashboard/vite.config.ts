import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'
import { compressBuild } from './compress.ts'

export default defineConfig({
  base: '/',
  plugins: [react(), { name: 'compress', apply: 'build', writeBundle: ({ dir = 'dist' }) => compressBuild(dir) }],
  worker: { format: 'es' },
  build: {
    outDir: 'dist',
    emptyOutDir: true,
    target: 'es2022',
    // A data: URL would be refused by the page's `default-src 'self'`.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    // MapLibre is one module of this size; it loads after the first picture.
    chunkSizeWarningLimit: 1300,
  },
  server: {
    proxy: {
      '/api': 'http://127.0.0.1:8080',
      '/socket.io': { target: 'http://127.0.0.1:8080', ws: true },
    },
  },
})
