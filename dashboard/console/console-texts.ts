import { addTexts } from '../core/text/translate.ts'
import en from '../i18n/en-console.json' with { type: 'json' }
import id from '../i18n/id-console.json' with { type: 'json' }

addTexts({ id, en })
