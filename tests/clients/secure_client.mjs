// The Node client that ERPNext's guide prints, typed in as a user would: what it signs with is the
// secret half of its key; every request gets a time, an id and a signature.

import crypto from "node:crypto";
import axios from "axios";

export class SecureClient {
  constructor(baseUrl, apiKey, apiSecret) {
    this.apiSecret = apiSecret;
    this.client = axios.create({
      baseURL: baseUrl,
      timeout: 30000,
      headers: { "User-Agent": "ERPNext-Secure-Client/1.0", Accept: "application/json", "Content-Type": "application/json" },
    });
    this.client.defaults.headers.common.Authorization = `token ${apiKey}:${apiSecret}`;
    this.client.interceptors.request.use((config) => {
      config.headers["X-Request-Time"] = new Date().toISOString();
      config.headers["X-Request-ID"] = crypto.randomBytes(8).toString("hex");
      config.headers["X-Signature"] = this.sign(config.method.toUpperCase(), config.url, config.headers["X-Request-Time"]);
      return config;
    });
  }
  sign(method, endpoint, timestamp) {
    return crypto.createHmac("sha256", this.apiSecret).update(`${method}:${endpoint}:${timestamp}`).digest("hex");
  }
  get = async (endpoint, params = {}) => (await this.client.get(endpoint, { params })).data;
  post = async (endpoint, body = {}) => (await this.client.post(endpoint, body)).data;
  put = async (endpoint, body = {}) => (await this.client.put(endpoint, body)).data;
  delete = async (endpoint) => (await this.client.delete(endpoint)).data;
}
