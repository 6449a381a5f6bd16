# Logit, Poisson, fractional and ordered logit, negative binomial, with robust errors (sandwich)
# and average effects with delta-method errors (numerical gradients, numDeriv).
source("show.R")
suppressMessages({library(sandwich); library(MASS); library(numDeriv)})
panel <- read.csv("panel.csv")
panel$kind <- factor(panel$kind)
se <- function(covariance, term) sqrt(diag(covariance))[term]
report <- function(key, model, term = "x1") {
  cat(key, format(coef(model)[term], digits = 15), "\n")
  cat(paste0(key, "_iid"), format(se(vcov(model), term), digits = 15), "\n")
  cat(paste0(key, "_HC0"), format(se(sandwich(model), term), digits = 15), "\n")
  cat(paste0(key, "_CR1"), format(se(vcovCL(model, panel$group, "HC1"), term), digits = 15), "\n")
}
formula <- ~ x1 * treated + x2 + kind
logit <- glm(update(formula, binary ~ .), binomial, panel, epsilon = 1e-14)
weighted <- suppressWarnings(glm(update(formula, binary ~ .), binomial, panel, weights = w, epsilon = 1e-14))
share <- suppressWarnings(glm(update(formula, share ~ .), quasibinomial, panel, epsilon = 1e-14))
counts <- glm(update(formula, count ~ . + offset(log(pop))), "poisson", panel, epsilon = 1e-14)
negbin <- glm.nb(update(formula, count ~ . + offset(log(pop))), panel,
                 control = glm.control(epsilon = 1e-14, maxit = 200))
ordered <- polr(update(formula, factor(ordered) ~ .), panel, Hess = TRUE,
                control = list(reltol = 1e-15, maxit = 1000))
report("logit", logit); report("weighted", weighted); report("share", share)
report("poisson", counts); report("negbin", negbin)
show(theta = negbin$theta, theta_se = negbin$SE.theta)
cat("ordered", format(coef(ordered)["x1"], digits = 15), "\n")
cat("ordered_iid", format(se(vcov(ordered), "x1"), digits = 15), "\n")
cat("ordered_CR1", format(se(vcovCL(ordered, panel$group, "HC1"), "x1"), digits = 15), "\n")

# Average effects: derivative by x1, contrast of treated.
design <- function(change) model.matrix(formula, transform(panel, x1 = x1 + change$x1,
  treated = if (is.null(change$treated)) treated else change$treated))
effect <- function(key, respond, params, covariance) {
  slope <- function(b) mean(respond(b, list(x1 = 1e-4)) - respond(b, list(x1 = -1e-4))) / 2e-4
  contrast <- function(b) mean(respond(b, list(x1 = 0, treated = 1)) - respond(b, list(x1 = 0, treated = 0)))
  for (kind in c("slope", "contrast")) {
    f <- get(kind); g <- grad(f, params)
    cat(paste0(key, "_", kind), format(f(params), digits = 15), "\n")
    cat(paste0(key, "_", kind, "_se"), format(sqrt(drop(g %*% covariance %*% g)), digits = 15), "\n")
  }
}
effect("logit", function(b, change) plogis(design(change) %*% b), coef(logit),
       vcovCL(logit, panel$group, "HC1"))
effect("poisson", function(b, change) panel$pop * exp(design(change) %*% b), coef(counts),
       vcovCL(counts, panel$group, "HC1"))
expected <- function(b, change) {
  index <- drop(design(change)[, -1] %*% b[1:6])
  rowSums(sapply(b[7:9], function(cut) plogis(index - cut)))
}
effect("ordered", expected, c(coef(ordered), ordered$zeta), vcovCL(ordered, panel$group, "HC1"))

# Poisson with two sets of effects, as indicator columns.
kept <- panel[ave(panel$count, panel$unit, FUN = sum) > 0, ]
two <- glm(count ~ x1 + x2 + factor(unit) + factor(year) + offset(log(pop)), poisson, kept, epsilon = 1e-14)
show(two = coef(two)["x1"], two_HC0 = se(sandwich(two), "x1"),
     two_CR0 = se(vcovCL(two, kept$group, "HC0", cadjust = FALSE), "x1"), two_rows = nrow(kept))
