# The locked environment and every report of the demo release. Build and open JupyterLab:
#   docker build -t coopanalysis . && docker run --rm -p 8888:8888 coopanalysis
FROM python:3.12-slim
RUN apt-get update && apt-get install -y --no-install-recommends git make && rm -rf /var/lib/apt/lists/*
RUN useradd --create-home analyst
WORKDIR /home/analyst/coopanalysis
COPY requirements.lock ./
RUN pip install --no-cache-dir --no-deps --require-hashes -r requirements.lock
COPY --chown=analyst . .
RUN pip install --no-cache-dir --no-deps --no-build-isolation --editable . && chown analyst .
USER analyst
RUN coopanalysis data build --release demo
EXPOSE 8888
CMD ["jupyter", "lab", "--ip=0.0.0.0", "--no-browser", "--notebook-dir=notebooks", "--LabApp.default_url=/lab/tree/01_tour.ipynb"]
