#!/usr/bin/env node
// The way into main.ts that never loads Node's type stripper (18 MB and 50 ms) once everything is compiled: Node takes a .ts entry file
// out of the compile cache only when the cache is on before that file is read, so this one, which switches it on, is JavaScript.
import { enableCompileCache } from 'node:module'
import { homedir } from 'node:os'
import { join } from 'node:path'

// the same directory as compile-cache.ts says, which is TypeScript and so cannot be asked yet
enableCompileCache(process.env.NODE_COMPILE_CACHE ?? join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'k8ts', 'compile'))
await import('./main.ts')
