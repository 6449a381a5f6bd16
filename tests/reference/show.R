# Figures as "key value" lines with all their digits.
show <- function(...) {
  figures <- list(...)
  for (key in names(figures)) cat(key, format(figures[[key]], digits = 15), "\n")
}
