import { dirname } from 'node:path'

/** The folder of the checkout: `main.ts`, `package.json` and the built dashboard are beneath it. */
export const projectRoot = dirname(import.meta.dirname)
