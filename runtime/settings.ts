import { z } from 'zod'
import { isInfluxUrl } from './influx-address.ts'
import { limitSettings } from './limit-settings.ts'
import {
  choice,
  decimal,
  host,
  isAddressRange,
  isHostName,
  isTimeZone,
  listOf,
  port,
  text,
  whole,
} from './setting-types.ts'

/**
 * Every setting, with its default and a sentence for the person who sets it. `.env.example` is made from this list
 * (`node runtime/config.ts`), the table of `docs/settings.md` too.
 */
export const settings = {
  BCC_DATA_DIR: text.default('./data').describe('Folder for everything that is kept'),
  BCC_HTTP_PORT: port
    .default(8080)
    .describe('HTTP port: wall, console, API, MQTT over WebSocket at /mqtt; 0 takes any free one'),
  BCC_HTTP_HOST: host
    .default('127.0.0.1')
    .describe('Address for HTTP; 0.0.0.0 opens it to the network. With a certificate all addresses, unless set'),
  BCC_PUBLIC_HOSTS: listOf(isHostName, 'needs names such as komando.binjai.go.id, joined by commas')
    .default([])
    .describe(
      "Names that HTTP requests may ask for, joined by commas; addresses, localhost, the machine's own name and those of its certificate always may",
    ),
  BCC_TRUSTED_PROXIES: listOf(isAddressRange, 'needs addresses or ranges such as 10.0.0.0/8, joined by commas')
    .default([])
    .describe(
      'Addresses of reverse proxies (CIDR), joined by commas: their X-Forwarded-For, -Proto and -Host are believed',
    ),
  BCC_MQTT_PORT: port.default(1883).describe('MQTT port; 0 takes any free one'),
  BCC_MQTT_HOST: host
    .default('127.0.0.1')
    .describe('Address for plain MQTT; 0.0.0.0 opens it to the network, which the wall shows'),
  BCC_MQTTS_PORT: port
    .default(8883)
    .describe('MQTT over TLS, on all addresses, when a certificate is given; 0 takes any free one'),
  BCC_TLS_CERT: text.optional().describe('Certificate file (PEM); with BCC_TLS_KEY it turns on MQTTS and HTTPS'),
  BCC_TLS_KEY: text.optional().describe('Private key file (PEM)'),
  BCC_TLS_CA: text
    .optional()
    .describe(
      'Authority file (PEM) of client certificates; one that names a device signs it in to MQTTS without a key',
    ),
  BCC_TLS_CLIENT_CERT: choice(['optional', 'required'])
    .default('optional')
    .describe('required: every client of MQTTS must show a certificate of BCC_TLS_CA; optional: a key is enough'),
  BCC_TOPIC_ROOT: z
    .string()
    .regex(/^[a-z0-9-]+(\/[a-z0-9-]+)*$/, 'is not levels of a-z, 0-9 and "-", joined by "/"')
    .default('binjai/v1')
    .describe('First levels of every topic'),
  BCC_TIMEZONE: z
    .string()
    .refine(isTimeZone, 'is no IANA time zone, such as Asia/Jakarta')
    .default('Asia/Jakarta')
    .describe("The city's time zone; where it is not set, that of site.json in the site folder"),
  BCC_SITE_DIR: text
    .default('contract/site/binjai')
    .describe('Site folder, which makes a city: name, time zone, outlines, rivers, streets, places'),
  BCC_ADMIN_PASSWORD: z
    .string()
    .min(12, 'needs at least 12 characters')
    .optional()
    .describe('Password of the first admin; random when absent'),
  BCC_KEY_OVERLAP_DAYS: decimal({ most: 365 })
    .default(7)
    .describe('Days that the key before works on after a device got a new one; 0 ends it at once'),
  BCC_ALLOW_SIMULATED: choice(['yes', 'no'])
    .default('yes')
    .describe('no: simulated devices (ids that begin with sim-) can neither be registered nor connect'),
  BCC_RETENTION_DAYS: whole({ least: 2, most: 36_500 }).default(365).describe('Days that readings are kept'),
  BCC_EVENT_RETENTION_DAYS: whole({ least: 2, most: 36_500 })
    .default(1825)
    .describe('Days that events, status messages and changes of state are kept; not less than BCC_RETENTION_DAYS'),
  BCC_SEAL_AFTER_HOURS: decimal({ least: 1, most: 8760 })
    .default(6)
    .describe('Hours after the end of a UTC day at which its readings are sealed into compressed blobs'),
  BCC_DISK_BUDGET_MB: whole({ least: 64 })
    .optional()
    .describe('Disk for readings; past it the oldest sealed days go, counted. Absent: retention alone decides'),
  BCC_DISK_FLOOR_MB: whole({ least: 0 })
    .default(1024)
    .describe('Less free disk than this is shown as a fault; nothing else changes by it'),
  BCC_OUTBOX_QUOTA_MB: whole({ least: 1 })
    .default(2048)
    .describe('Disk for readings that wait for InfluxDB; past it the oldest are not forwarded, and counted so'),
  BCC_JOURNAL_QUOTA_MB: whole({ least: 16 })
    .default(2048)
    .describe('Disk for messages that ingest has not read yet; past it nothing is acknowledged'),
  BCC_TELEMETRY: choice(['sqlite', 'influx1', 'influx2'])
    .optional()
    .describe(
      'Only to overrule what the server at BCC_INFLUX_URL says of itself: influx1 (1.x), influx2 (2.x, 3), or sqlite for none',
    ),
  BCC_INFLUX_URL: z
    .string()
    .refine(isInfluxUrl, 'is not an address such as http://127.0.0.1:8086, without ? and #')
    .optional()
    .describe(
      'Address of InfluxDB, such as http://127.0.0.1:8086; alone it turns InfluxDB on. A login or a token in it is taken out and shown nowhere',
    ),
  BCC_INFLUX_DATABASE: text.default('binjai').describe('InfluxDB 1.x: database, made if it is missing'),
  BCC_INFLUX_USER: text.optional().describe('InfluxDB 1.x: user'),
  BCC_INFLUX_PASSWORD: z.string().optional().describe('InfluxDB 1.x: password'),
  BCC_INFLUX_ORG: text.optional().describe('InfluxDB 2.x: organisation; absent: the only one that the token sees'),
  BCC_INFLUX_BUCKET: text
    .optional()
    .describe('InfluxDB 2.x: bucket, made if it is missing; absent: the name in BCC_INFLUX_DATABASE'),
  BCC_INFLUX_TOKEN: z
    .string()
    .regex(/^[\x21-\x7e]+$/, 'has a character that no token has')
    .optional()
    .describe('InfluxDB 2.x: token'),
  ...limitSettings,
  BCC_REQUIRE_TOTP: choice(['0', '1'])
    .default('0')
    .describe('1: admins and supervisors sign in with a second factor only; see bcc user totp'),
  BCC_AUDIT_ANCHOR: text
    .optional()
    .describe(
      'File for the anchors of the audit, best on another disk; audit-anchor.jsonl in the data folder if absent',
    ),
  BCC_LOG_LEVEL: choice(['trace', 'debug', 'info', 'warn', 'error', 'silent'])
    .default('info')
    .describe('Least level that is logged'),
} as const
