# Builds the gateway with its dashboard and simulators; the same commands as in the README.
FROM node:20-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc tsconfig.json tsconfig.base.json ./
COPY protocols/package.json protocols/
COPY gateway/package.json gateway/
COPY dashboard/package.json dashboard/
COPY simulators/package.json simulators/
RUN npm ci --no-audit --no-fund
COPY protocols protocols
COPY gateway gateway
COPY dashboard dashboard
COPY simulators simulators
RUN npm run -s build && npm prune --omit=dev --no-audit --no-fund

FROM node:20-bookworm-slim
WORKDIR /app
ENV NODE_ENV=production XUNJI_DATA_DIR=/data XUNJI_HTTP_HOST=0.0.0.0 XUNJI_MQTT_HOST=0.0.0.0
COPY --from=build /app /app
RUN mkdir /data && chown node:node /data
USER node
VOLUME /data
EXPOSE 8080 5015 5015/udp 5023 1883
# SIGTERM drains: what was read is journalled and answered before the process ends.
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s CMD \
  ["node", "-e", "fetch('http://127.0.0.1:8080/healthz').then(r => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "--max-semi-space-size=32", "--enable-source-maps", "gateway/dist/main.js"]
