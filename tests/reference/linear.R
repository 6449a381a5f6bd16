# Robust and clustered errors of least squares: sandwich and clubSandwich.
source("show.R")
suppressMessages({library(sandwich); library(clubSandwich)})
panel <- read.csv("panel.csv")
panel$group <- factor(panel$group); panel$unit <- factor(panel$unit); panel$year <- factor(panel$year)
plain <- lm(y ~ x1 + x2 + kind, panel)
weighted <- lm(y ~ x1 + x2 + kind, panel, weights = w)
for (type in c("HC1", "HC2", "HC3")) {
  cat(paste0("plain_", type), format(sqrt(vcovHC(plain, type)["x1", "x1"]), digits = 15), "\n")
  cat(paste0("weighted_", type), format(sqrt(vcovHC(weighted, type)["x1", "x1"]), digits = 15), "\n")
}
show(plain = coef(plain)["x1"], weighted = coef(weighted)["x1"],
     plain_iid = sqrt(vcov(plain)["x1", "x1"]), weighted_iid = sqrt(vcov(weighted)["x1", "x1"]),
     plain_CR1 = sqrt(vcovCL(plain, panel$group, "HC1")["x1", "x1"]),
     weighted_CR1 = sqrt(vcovCL(weighted, panel$group, "HC1")["x1", "x1"]))

club <- function(key, model, cluster, ...) {
  for (type in c("CR2", "CR3")) {
    figure <- tryCatch(vcovCR(model, cluster, type = type, ...), error = function(e) NULL)
    if (is.null(figure)) next
    cat(paste0(key, "_", type), format(sqrt(figure["x1", "x1"]), digits = 15), "\n")
    if (type == "CR2") {
      test <- coef_test(model, figure, test = "Satterthwaite", coefs = "x1")
      df <- if (is.null(test$df_Satt)) test$df else test$df_Satt
      cat(paste0(key, "_df"), format(df, digits = 15), "\n")
    }
  }
}
club("plain", plain, panel$group)
# Weighted CR2 as dfadjust has it (Imbens and Kolesar 2016): that of the model times root weights.
turned <- function(model) {
  x <- model.matrix(model) * sqrt(panel$w)
  x <- x[, !is.na(coef(model))]
  frame <- data.frame(y = panel$y * sqrt(panel$w), x)
  lm(y ~ 0 + ., frame)
}
club("weighted", turned(weighted), panel$group)
years <- lm(y ~ x1 + x2 + year, panel)
club("years", years, panel$group)
two <- lm(y ~ x1 + x2 + unit + year, panel)
two_weighted <- lm(y ~ x1 + x2 + unit + year, panel, weights = w)
show(two = coef(two)["x1"], two_weighted = coef(two_weighted)["x1"],
     two_HC1 = sqrt(vcovHC(two, "HC1")["x1", "x1"]), two_HC2 = sqrt(vcovHC(two, "HC2")["x1", "x1"]),
     two_HC3 = sqrt(vcovHC(two, "HC3")["x1", "x1"]),
     two_weighted_HC3 = sqrt(vcovHC(two_weighted, "HC3")["x1", "x1"]),
     two_CR0 = sqrt(vcovCR(two, panel$group, "CR0")["x1", "x1"]),
     two_weighted_CR0 = sqrt(vcovCL(two_weighted, panel$group, "HC0", cadjust = FALSE)["x1", "x1"]))
club("two", two, panel$group)
club("two_weighted", turned(two_weighted), panel$group)
club("by_year", lm(y ~ x1 + x2 + group, panel), panel$year)
# A regressor that only one group has: I - H is singular within that group.
panel$only <- as.numeric(panel$group == 3)
single <- lm(y ~ x1 + x2 + only, panel)
cr2 <- vcovCR(single, panel$group, type = "CR2")
test <- coef_test(single, cr2, test = "Satterthwaite")
show(single_CR2 = sqrt(cr2["x1", "x1"]), single_df = if (is.null(test$df_Satt)) test$df[2] else test$df_Satt[2])
