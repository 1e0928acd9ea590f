// Node.js 18, which Debian 12 has, keeps WebCrypto out of the global scope.
import { webcrypto } from 'node:crypto'

globalThis.crypto ??= webcrypto
