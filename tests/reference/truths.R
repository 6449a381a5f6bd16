# Truths on data that Debian's R packages carry: AER, MASS, MatchIt.
source("show.R")
suppressMessages({library(AER); library(sandwich); library(clubSandwich); library(MASS); library(MatchIt)})
data(Fatalities)
Fatalities$frate <- with(Fatalities, fatal / pop * 10000)
one <- lm(frate ~ beertax + state, Fatalities)
n <- 336; G <- 48
cr0 <- vcovCR(one, Fatalities$state, "CR0")["beertax", "beertax"]
show(T7b = coef(one)["beertax"],
     T7b_nested_not_counted = sqrt(cr0 * G / (G - 1) * (n - 1) / (n - 2)),
     T7b_all_counted = sqrt(vcovCL(one, ~ state, type = "HC1")["beertax", "beertax"]))
two <- lm(frate ~ beertax + state + year, Fatalities)
cr2 <- vcovCR(two, Fatalities$state, "CR2")
test <- coef_test(two, cr2, test = "Satterthwaite", coefs = "beertax")
show(T7c = coef(two)["beertax"], T7c_CR2 = sqrt(cr2["beertax", "beertax"]),
     T7c_df = if (is.null(test$df_Satt)) test$df else test$df_Satt,
     T7c_p = if (is.null(test$p_Satt)) test$p else test$p_Satt)
left_out <- function(formula) {
  whole <- coef(lm(formula, Fatalities))["beertax"]
  change <- sapply(levels(Fatalities$state), function(s)
    coef(lm(formula, droplevels(Fatalities[Fatalities$state != s, ])))["beertax"] - whole)
  sqrt(sum(change^2))
}
show(T7b_CR3_state_effects = left_out(frate ~ beertax + state),
     T7b_CR3_state_and_year_effects = left_out(frate ~ beertax + state + year))

# T7d: all 128 Rademacher draws over seven years, null imposed.
full <- lm(frate ~ beertax + log(income) + unemp, Fatalities)
null <- lm(frate ~ beertax + log(income), Fatalities)
statistic <- function(model) coef(model)["unemp"] / sqrt(vcovCL(model, Fatalities$year, "HC0", cadjust = FALSE)["unemp", "unemp"])
seen <- abs(statistic(full))
draws <- as.matrix(expand.grid(rep(list(c(-1, 1)), 7)))
drawn <- apply(draws, 1, function(v) {
  frame <- Fatalities
  frame$frate <- fitted(null) + resid(null) * v[as.integer(Fatalities$year)]
  abs(statistic(lm(frate ~ beertax + log(income) + unemp, frame)))
})
show(T7d_p = mean(drawn > seen * (1 + 1e-9)))

fit <- glm.nb(Days ~ Eth + Sex + Age + Lrn, quine, control = glm.control(epsilon = 1e-14, maxit = 200))
show(T8 = coef(fit)["EthN"], T8_se = sqrt(vcov(fit)["EthN", "EthN"]), T8_theta = fit$theta,
     T8_theta_se = fit$SE.theta, T8_loglik = as.numeric(logLik(fit)))
house <- polr(Sat ~ Infl + Type + Cont, housing, weights = Freq, Hess = TRUE, control = list(reltol = 1e-15))
show(T9_InflHigh = coef(house)["InflHigh"], T9_InflHigh_se = sqrt(vcov(house)["InflHigh", "InflHigh"]),
     T9_TypeTerrace = coef(house)["TypeTerrace"], T9_cut = house$zeta[1])
data(PSID1976)
PSID1976$work <- as.integer(PSID1976$participation == "yes")
PSID1976$other <- with(PSID1976, (fincome - hours * wage) / 1000)
logit <- glm(work ~ other + education + experience + I(experience^2) + age + youngkids + oldkids,
             binomial, PSID1976, epsilon = 1e-14)
p <- fitted(logit)
show(T10 = coef(logit)["education"], T10_se = sqrt(vcov(logit)["education", "education"]),
     T10_educ = mean(p * (1 - p)) * coef(logit)["education"],
     T10_kids = mean(p * (1 - p)) * coef(logit)["youngkids"])

# T14: entropy balancing by minimising its dual with optim.
data(lalonde)
x <- model.matrix(~ age + educ + race + married + nodegree + re74 + re75, lalonde)[, -1]
x <- scale(x)
target <- colMeans(x[lalonde$treat == 1, ]); gap <- sweep(x[lalonde$treat == 0, ], 2, target)
dual <- function(b) log(sum(exp(gap %*% b)))
slope <- function(b) { w <- exp(drop(gap %*% b)); colSums(gap * w) / sum(w) }
best <- rep(0, ncol(gap))
for (turn in 1:20) best <- optim(best, dual, slope, method = "BFGS", control = list(reltol = 1e-16, maxit = 5000))$par
w <- exp(drop(gap %*% best)); w <- w / sum(w) * sum(lalonde$treat)
lalonde$w <- 1; lalonde$w[lalonde$treat == 0] <- w
att <- lm(re78 ~ treat, lalonde, weights = w)
show(T14 = coef(att)["treat"], T14_HC2 = sqrt(vcovHC(att, "HC2")["treat", "treat"]), T14_effective = sum(w)^2 / sum(w^2))
