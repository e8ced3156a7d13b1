# Build:  docker build -t reimagine --build-arg TORCH_INDEX=... .
# Run:    docker run --rm --user "$(id -u):$(id -g)" -v "$PWD:/films" reimagine colorize /films/film.mp4
FROM python:3.11-slim AS build
RUN python -m venv /opt/reimagine
ENV PATH=/opt/reimagine/bin:$PATH PIP_NO_CACHE_DIR=1
WORKDIR /source
COPY constraints.txt ./
# Give the address of torch's index of CPU builds: the default build brings several gigabytes of CUDA libraries.
ARG TORCH_INDEX=""
RUN pip install -c constraints.txt ${TORCH_INDEX:+--index-url "$TORCH_INDEX"} torch
COPY . .
RUN pip install -c constraints.txt ".[score]"

FROM python:3.11-slim
RUN apt-get update && apt-get install -y --no-install-recommends fluidsynth fluid-soundfont-gm \
    && rm -rf /var/lib/apt/lists/* && useradd --create-home film
COPY --from=build /opt/reimagine /opt/reimagine
ENV PATH=/opt/reimagine/bin:$PATH HOME=/tmp
USER film
WORKDIR /films
ENTRYPOINT ["reimagine"]
CMD ["--help"]
