import { z } from 'zod'

// The page's policy forbids code that is made of text: to be said before the first shape is made.
z.config({ jitless: true })
