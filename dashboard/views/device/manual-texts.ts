import { addTexts } from '../../core/text/translate.ts'
import en from '../../i18n/en-manual.json' with { type: 'json' }
import id from '../../i18n/id-manual.json' with { type: 'json' }

addTexts({ id, en })
