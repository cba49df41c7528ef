#!/usr/bin/env node
// k8ts: one program, a command per component and tool. Each command's code is loaded only when it is asked for.
import { enableCompileCache } from 'node:module'
import { compileCacheDirectory } from './compile-cache.ts'

enableCompileCache(compileCacheDirectory(process.env))

const { runProgram } = await import('./program.ts')
process.exitCode = await runProgram(process.argv.slice(2))
// what is left (keep-alive sockets) must not hold the process
if (process.connected) process.disconnect?.()
setTimeout(() => process.exit(), 100).unref()
