import { existsSync } from 'node:fs'
import type { Command } from 'commander'
import { Refusal } from '../../contract/http/refusal.ts'
import { readAnchors } from '../../storage/registry/audit/anchor-file.ts'
import { createAuditVerifier } from '../../storage/registry/audit/signer.ts'
import { type AuditVerdict, verifyAudit } from '../../storage/registry/audit/verify.ts'
import type { CommandRunner } from './bcc.ts'

interface VerifyOptions {
  anchor?: string
  key?: string
}

/** `bcc verify …` @param defaultAnchor where the running system writes its anchors. */
export function addVerifyCommands(program: Command, run: CommandRunner, defaultAnchor: string): void {
  program
    .command('verify')
    .description('look whether something was tampered with')
    .command('audit')
    .description('find the first record of the audit that was changed, cut or put in; exit 1 when there is one')
    .option('--anchor <file>', 'the anchors, when they are not where the settings say')
    .option('--key <file>', 'public key of the audit, when it is not beside the database')
    .action(({ anchor, key }: VerifyOptions) =>
      run(async (registry) => {
        for (const file of [anchor, key]) {
          if (file !== undefined && !existsSync(file)) throw new Refusal('not-found', `There is no file ${file}.`)
        }
        const signer = key === undefined ? registry.auditSigner : createAuditVerifier(key)
        const anchorLines = readAnchors(anchor ?? defaultAnchor, signer)
        const verdict = await verifyAudit({ audit: registry.audit, signer, anchorLines })
        return {
          json: { ok: verdict.fault === null, ...verdict },
          text: textOf(verdict),
          failed: verdict.fault !== null,
        }
      }),
    )
}

function textOf({ records, anchors, anchoredTo, head, fault }: AuditVerdict): string {
  if (fault !== null) return fault.sentence
  const end =
    anchoredTo === null
      ? 'No anchor was found: records that were cut off at the end would not be noticed.'
      : `${anchors} anchors agree, the newest at record ${anchoredTo}.`
  return `${records} records, all as they were written. ${end}\nHead: ${head ?? '-'}`
}
