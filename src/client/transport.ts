// How bytes reach an API server: one function, so that tests and in-process clusters can stand in for the network.

export interface TransportRequest {
  method: string
  /** Path with query, e.g. /api/v1/pods?limit=500. */
  path: string
  headers: Record<string, string>
  body?: string | Uint8Array
  signal?: AbortSignal
}

export interface TransportResponse {
  status: number
  headers: Record<string, string | string[] | undefined>
  /** Ends when the response ends; throws when the connection breaks or the request's signal aborts. */
  body: AsyncIterable<Uint8Array>
}

/** Rejects only when no response arrives. */
export type Transport = (request: TransportRequest) => Promise<TransportResponse>
