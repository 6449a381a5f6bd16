# Coarsened exact matching (MatchIt), p.adjust, and Conley errors written out pair by pair.
source("show.R")
suppressMessages(library(MatchIt))
panel <- read.csv("panel.csv")
show_match <- function(key, match) {
  weights <- match$weights
  cat(paste0(key, "_treated"), sum(weights > 0 & panel$treated == 1), "\n")
  cat(paste0(key, "_control"), sum(weights > 0 & panel$treated == 0), "\n")
  controls <- weights[panel$treated == 0]
  cat(paste0(key, "_effective"), format(sum(controls)^2 / sum(controls^2), digits = 15), "\n")
  cat(paste0(key, "_mean_y"), format(weighted.mean(panel$y[panel$treated == 0], controls), digits = 15), "\n")
}
show_match("sturges", matchit(treated ~ x1 + x2 + kind, panel, method = "cem"))
show_match("bins", matchit(treated ~ x1 + x2 + kind, panel, method = "cem", cutpoints = list(x1 = 4, x2 = c(-1, 0, 1))))
p <- c(0.001, 0.2, 0.03, 0.04, 0.6, 0.011)
show(holm = paste(p.adjust(p, "holm"), collapse = " "), bh = paste(p.adjust(p, "BH"), collapse = " "))
model <- lm(y ~ x1 + x2, panel)
x <- model.matrix(model); bread <- solve(crossprod(x)); scores <- x * resid(model)
radians <- panel[c("lat", "lon")] * pi / 180
for (kernel in c("uniform", "bartlett")) {
  meat <- matrix(0, 3, 3)
  for (i in seq_len(nrow(panel))) {
    haversine <- sin((radians$lat - radians$lat[i]) / 2)^2 +
      cos(radians$lat) * cos(radians$lat[i]) * sin((radians$lon - radians$lon[i]) / 2)^2
    km <- 2 * 6371.0088 * asin(pmin(1, sqrt(haversine)))
    k <- if (kernel == "uniform") as.numeric(km <= 300) else pmax(0, 1 - km / 300)
    meat <- meat + scores[i, ] %o% colSums(scores * k)
  }
  n <- nrow(panel)
  cat(paste0("conley_", kernel), format(sqrt((n - 1) / (n - 3) * (bread %*% meat %*% bread)[2, 2]), digits = 15), "\n")
}
