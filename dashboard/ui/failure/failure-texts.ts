import { addTexts } from '../../core/text/translate.ts'
import en from '../../i18n/en-failures.json' with { type: 'json' }
import id from '../../i18n/id-failures.json' with { type: 'json' }

addTexts({ id, en })
